import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { persistenceModes } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import { emptyDataFile } from '#domain/server/restored-data.js';
import { eventually } from '../../support/eventually.js';
import { ThrowAwayServers, versions, type Version } from './throw-away.js';

jest.setTimeout(120_000);

describe('restored data', () => {
  const servers = new ThrowAwayServers();
  const { engine, signal } = servers;
  const rdbs = new Map<Version, Buffer>();
  const rdbOf = (version: Version): Buffer => rdbs.get(version) ?? Buffer.alloc(0);
  const kill = (name: string) => execFileSync('docker', ['kill', '--signal', 'KILL', name], { stdio: 'ignore' });
  const again = async (name: string) => {
    await engine.startContainer(name, signal);
    return servers.node(name);
  };

  beforeAll(async () => {
    for (const version of versions) {
      const name = await servers.start({ version, persistence: 'rdb' });
      const node = await servers.node(name);
      await node.command(['SET', 'text', `from ${version}`], signal);
      await node.command(['ZADD', 'scores', '1', 'one', '2', 'two'], signal);
      await node.command(['XADD', 'stream', '1-1', 'field', 'value'], signal);
      await node.command(['SET', 'later', 'x', 'PX', '86400000'], signal);
      await node.command(['SET', 'soon', 'x', 'PX', '50'], signal);
      rdbs.set(version, await servers.rdb(name));
    }
  }, 120_000);
  afterAll(() => servers.removeAll(), 60_000);

  describe.each(persistenceModes)('of a server with persistence "%s"', (persistence) => {
    it.each(versions)('are there when Redis %s starts', async (version) => {
      const node = await servers.started({ version, persistence, rdb: rdbOf(version) });
      expect(await node.command(['GET', 'text'], signal)).toBe(`from ${version}`);
      expect(await node.command(['ZRANGE', 'scores', '0', '-1'], signal)).toEqual(['one', 'two']);
      expect(await node.command(['GET', 'soon'], signal)).toBeNull();
      await eventually(async () => expect(await node.command(['DBSIZE'], signal)).toBe(4), { withinMs: 5_000 });
    });

    it.each([
      ['6.0', '7.0'],
      ['6.0', '8.0'],
      ['7.0', '8.0'],
    ] as const)('of Redis %s are there when Redis %s starts', async (from, version) => {
      const node = await servers.started({ version, persistence, rdb: rdbOf(from) });
      expect(await node.command(['GET', 'text'], signal)).toBe(`from ${from}`);
      expect(await node.command(['XLEN', 'stream'], signal)).toBe(1);
    });
  });

  it.each(versions)(
    'of Redis %s with an append-only file keep what is written afterwards, and can be rewritten',
    async (version) => {
      const more = 'appendfsync always\n';
      const name = await servers.start({ version, persistence: 'aof', rdb: rdbOf(version), more });
      let node = await servers.node(name);
      for (const round of ['first', 'second']) {
        await node.command(['SET', round, 'written'], signal);
        await node.command(['BGREWRITEAOF'], signal);
        await eventually(
          async () => {
            const info = await node.info('persistence', signal);
            expect(info).toMatchObject({ aof_rewrite_in_progress: '0', aof_last_bgrewrite_status: 'ok' });
          },
          { withinMs: 10_000 },
        );
        await node.command(['SET', `${round} after`, 'written'], signal);
        kill(name);
        node = await again(name);
        expect(await node.command(['MGET', 'text', round, `${round} after`], signal)).toEqual([
          `from ${version}`,
          'written',
          'written',
        ]);
      }
    },
  );

  it.each(versions)(
    'of Redis %s that keeps data in memory only do not come back once they were taken away',
    async (version) => {
      const name = await servers.start({ version, persistence: 'none', rdb: rdbOf(version) });
      await servers.node(name);
      await engine.writeFiles(name, serverPaths.root, [emptyDataFile], signal);
      kill(name);
      const node = await again(name);
      expect(await node.command(['DBSIZE'], signal)).toBe(0);
      await node.command(['SET', 'text', 'new'], signal);
      expect(await node.command(['SAVE'], signal)).toBe('OK');
    },
  );
});
