import { describe, expect, it } from '@jest/globals';
import type { ReplicationFixture } from './replication-fixture.js';
import { hasValue, linkDown, linkUp, refused } from './replication.expectations.js';

/** What is left after an end. */
export const describePersistence = (fixture: ReplicationFixture): void => {
  describe('data', () => {
    it('of mode aof outlive a kill, and those of mode none no restart', async () => {
      const [keeps, loses] = [await fixture.server({ persistence: 'aof' }), await fixture.server()];
      for (const server of [keeps, loses]) {
        await server.command('SET', 'k', '1');
        await server.kill();
        await server.start();
      }
      expect(await keeps.command('GET', 'k')).toBe('1');
      expect(await loses.command('DBSIZE')).toBe(0);
    });

    it('of mode rdb outlive a stop, and a kill only as far as they were saved', async () => {
      const server = await fixture.server({ persistence: 'rdb' });
      await server.command('SET', 'stopped', '1');
      await server.stop();
      await server.start();
      expect(await server.command('GET', 'stopped')).toBe('1');
      await server.command('SET', 'saved', '1');
      await server.command('SAVE');
      await server.command('SET', 'unsaved', '1');
      await server.kill();
      await server.start();
      expect(await server.command('EXISTS', 'stopped', 'saved')).toBe(2);
      expect(await server.command('EXISTS', 'unsaved')).toBe(0);
    });

    it('of a replica stay when its source is gone', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.kill();
      const info = await linkDown(replica);
      expect(Number(info['master_link_down_since_seconds'])).toBeGreaterThanOrEqual(0);
      expect(await replica.command('GET', 'k')).toBe('1');
      await expect(replica.command('SET', 'k', '2')).rejects.toMatchObject(refused('READONLY'));
    });

    it('of a replica in mode aof are its own: it starts without its source', async () => {
      const source = await fixture.server({ persistence: 'aof' });
      const replica = await fixture.replicaOf(source, { persistence: 'aof' });
      await linkUp(replica);
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.stop();
      await replica.stop();
      await replica.start();
      expect(await replica.info()).toMatchObject({ role: 'slave', master_link_status: 'down' });
      expect(await replica.command('GET', 'k')).toBe('1');
      await source.start();
      await linkUp(replica);
    });

    it('of a replica are gone with those of a source that comes back empty and has no gate', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.kill();
      await source.start();
      await hasValue(replica, 'k', null);
    });
  });

  it('a process has an id and an age of its own', async () => {
    const server = await fixture.server();
    const first = await server.info('server');
    await server.stop();
    await server.start();
    const second = await server.info('server');
    expect(second['run_id']).toMatch(/^[0-9a-f]{40}$/);
    expect(second['run_id']).not.toBe(first['run_id']);
    expect(Number(second['uptime_in_seconds'])).toBeGreaterThanOrEqual(0);
    expect(await server.info('persistence')).toMatchObject({
      loading: '0',
      aof_enabled: '0',
      rdb_bgsave_in_progress: '0',
      rdb_last_bgsave_status: 'ok',
    });
    expect((await server.info('persistence'))['role']).toBeUndefined();
  });
};
