import { describe, expect, it } from '@jest/globals';
import { parseInfo } from '../server/info.js';
import { bytesBehind, hasLost, serverView, startedAnew, type ServerView } from './server-view.js';

const zeros = '0'.repeat(40);
const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const view = (...lines: string[]): ServerView => serverView(parseInfo(['# Replication', ...lines].join('\r\n')));

const replica = ['role:slave', 'master_host:10.0.0.2', 'master_port:6380', `master_replid:${one}`];

describe('serverView', () => {
  it('reads a primary with a follower (7.0)', () => {
    const lines = [
      'role:master',
      'connected_slaves:1',
      'slave0:ip=10.0.0.3,port=6380,state=online,offset=205,lag=0',
      'master_failover_state:no-failover',
      `master_replid:${one}`,
      `master_replid2:${two}`,
      'master_repl_offset:205',
      'second_repl_offset:90',
    ];
    expect(view(...lines)).toEqual({
      ...{ role: 'master', sourceAddress: null, linkUp: false, syncing: false, offset: 205 },
      ...{ historyIds: [one, two], linkDownSeconds: null },
    });
  });

  it('reads a replica whose link is up (8.0): what it has applied is its offset, not what it has read', () => {
    const lines = [
      ...['master_link_status:up', 'master_last_io_seconds_ago:0', 'master_sync_in_progress:0'],
      ...['slave_read_repl_offset:230', 'slave_repl_offset:205', 'replica_full_sync_buffer_size:0'],
      ...[`master_replid2:${zeros}`, 'master_repl_offset:230'],
    ];
    expect(view(...replica, ...lines)).toMatchObject({
      ...{ role: 'slave', sourceAddress: '10.0.0.2', linkUp: true, syncing: false, offset: 205 },
      ...{ historyIds: [one], linkDownSeconds: null },
    });
  });

  it('reads a replica in its first copy', () => {
    const lines = ['master_link_status:down', 'master_sync_in_progress:1', 'slave_repl_offset:-1'];
    expect(view(...replica, ...lines)).toMatchObject({ linkUp: false, syncing: true, offset: 0 });
  });

  it.each([
    ['master_link_down_since_seconds:12', 12],
    // Never up: 7.0 and 8.0, and 6.0.
    ['master_link_down_since_seconds:-1', null],
    ['master_link_down_since_seconds:1795372240', null],
  ])('%s', (line, seconds) => {
    expect(view(...replica, 'master_link_status:down', line).linkDownSeconds).toBe(seconds);
  });

  it('of nothing is a server without a place in anything', () => {
    expect(view()).toMatchObject({ role: 'master', offset: 0, historyIds: [] });
  });
});

const at = (offset: number, ids: readonly string[], role: ServerView['role'] = 'slave'): ServerView => ({
  ...{ role, sourceAddress: null, linkUp: false, syncing: false, linkDownSeconds: null },
  ...{ offset, historyIds: ids },
});

describe('bytesBehind', () => {
  it.each([
    [at(205, [one]), at(200, [one]), 5],
    [at(200, [one]), at(205, [one]), 0],
    [at(205, [two, one]), at(200, [one]), 5],
    [at(205, [one]), at(200, [two]), null],
    [at(205, []), at(200, []), null],
  ])('case %#', (ahead, behind, bytes) => {
    expect(bytesBehind(ahead, behind)).toBe(bytes);
  });
});

describe('a server that has lost its place', () => {
  it('is a replica that begins at 1, or at 0 with an RDB file of nothing', () => {
    expect([at(1, [three]), at(0, [one]), at(2, [one]), at(1, [one], 'master')].map(startedAnew)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('and was the primary must not be it again while its replica has more', () => {
    expect(hasLost(at(100, [one]), at(205, [one]))).toBe(true);
    expect(hasLost(at(205, [one]), at(205, [one]))).toBe(false);
    expect(hasLost(at(1, [three]), at(205, [one]))).toBe(true);
    expect(hasLost(at(205, [one]), at(1, [three]))).toBe(false);
    expect(hasLost(at(1, [three]), null)).toBe(true);
    expect(hasLost(at(1, [three], 'master'), at(205, [one]))).toBe(false);
  });
});
