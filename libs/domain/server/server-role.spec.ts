import { describe, expect, it } from '@jest/globals';
import { roleSettings } from './server-role.js';

const open = { 'min-replicas-to-write': '0', 'repl-diskless-sync-delay': '0' };
const login = { username: 'holdfast-replica-1', password: 'canary' };

describe('what a role is in the file of a server', () => {
  it('of a primary without followers: no gate', () => {
    expect(roleSettings({ kind: 'primary', followers: 0 }, 'aof')).toEqual(open);
  });

  it.each([1, 3])('of a primary with %s: a gate that all of them have to open', (followers) => {
    const gate = { 'min-replicas-to-write': String(followers) };
    expect(roleSettings({ kind: 'primary', followers }, 'aof')).toEqual({ ...open, ...gate });
    expect(roleSettings({ kind: 'primary', followers }, 'rdb')).toEqual({ ...open, ...gate });
  });

  it('of one that keeps its data in memory only: it hands out no copy of nothing either', () => {
    const settings = roleSettings({ kind: 'primary', followers: 1 }, 'none');
    expect(Number(settings['repl-diskless-sync-delay'])).toBeGreaterThan(24 * 60 * 60);
  });

  it('of a replica: whom it follows, over TLS, and as whom', () => {
    expect(roleSettings({ kind: 'replica', sourceAddress: '10.0.0.2', login }, 'aof')).toEqual({
      ...open,
      replicaof: '10.0.0.2 6380',
      masteruser: login.username,
      masterauth: login.password,
    });
  });

  it('of one that is fenced: a replica of nobody', () => {
    expect(roleSettings({ kind: 'fenced' }, 'aof')).toEqual({ ...open, replicaof: '127.0.0.1 1' });
  });
});
