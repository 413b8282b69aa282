import { describe, expect, it } from '@jest/globals';
import { serverPorts } from '#domain/server/names.js';
import { eventually } from '../support/eventually.js';
import { login, type ReplicationFixture } from './replication-fixture.js';
import { firstFollower, hasValue, linkDown, linkUp, refused, takesWrites } from './replication.expectations.js';

/** How a replica comes to its source and what flows between them. */
export const describeLinks = (fixture: ReplicationFixture): void => {
  const { subject } = fixture;

  describe('a link', () => {
    it('brings all that there is and all that comes, and both sides tell', async () => {
      const source = await fixture.server();
      await source.command('SET', 'before', '1');
      const replica = await fixture.replicaOf(source);
      await linkUp(replica);
      await hasValue(replica, 'before', '1');
      await firstFollower(source, 'online');
      await source.command('SET', 'after', '2');
      await source.command('INCR', 'after');
      await hasValue(replica, 'after', '3');

      const [ofSource, ofReplica] = [await source.info(), await replica.info()];
      expect(ofSource).toMatchObject({
        role: 'master',
        connected_slaves: '1',
        slave0: expect.stringMatching(
          new RegExp(`^ip=${replica.host},port=${serverPorts.tls},state=online,offset=\\d+,lag=\\d+`),
        ),
        master_replid: expect.stringMatching(/^[0-9a-f]{40}$/),
        master_replid2: '0'.repeat(40),
        second_repl_offset: '-1',
      });
      expect(ofReplica).toMatchObject({
        role: 'slave',
        master_host: source.host,
        master_port: String(serverPorts.tls),
        master_last_io_seconds_ago: expect.stringMatching(/^\d+$/),
        master_sync_in_progress: '0',
        slave_read_only: '1',
        slave_priority: '100',
        connected_slaves: '0',
        master_replid: ofSource['master_replid'],
        slave_repl_offset: ofSource['master_repl_offset'],
        master_repl_offset: ofSource['master_repl_offset'],
      });
      expect(Number(ofSource['master_repl_offset'])).toBeGreaterThan(0);
      expect('slave_read_repl_offset' in ofReplica).toBe(subject.version !== '6.0');
      expect('master_link_down_since_seconds' in ofReplica).toBe(false);
      await eventually(
        async () => expect((await firstFollower(source, 'online'))['offset']).toBe(ofSource['master_repl_offset']),
        { withinMs: 5000 },
      );
    });

    it('does not come up without the user, and does once there is one', async () => {
      const source = await fixture.server();
      await source.command('ACL', 'DELUSER', login.username);
      const replica = await fixture.replicaOf(source);
      expect((await linkDown(replica))['master_link_down_since_seconds']).toBeDefined();
      expect((await source.info())['connected_slaves']).toBe('0');
      const rules = ['on', `>${login.password}`, '-@all', '+ping', '+replconf', '+psync'];
      await source.command('ACL', 'SETUSER', login.username, 'reset', ...rules);
      await linkUp(replica);
    });

    it('does not come up with another password, and does with new settings at run time', async () => {
      const source = await fixture.server();
      const replica = await fixture.server();
      await replica.command('CONFIG', 'SET', 'masteruser', login.username);
      await replica.command('CONFIG', 'SET', 'masterauth', 'another-password');
      expect(await replica.replicateFrom(source)).toBe('OK');
      await linkDown(replica);
      expect(await replica.command('CONFIG', 'GET', 'replicaof')).toEqual([
        'replicaof',
        `${source.host} ${serverPorts.tls}`,
      ]);
      await replica.command('CONFIG', 'SET', 'masterauth', login.password);
      await linkUp(replica);
      expect(await replica.replicateFrom(source)).toBe('OK Already connected to specified master');
    });

    it('does not come up with a source that the authority does not vouch for', async () => {
      const source = await fixture.server();
      await source.command('SET', 'secret', '1');
      const replica = await fixture.replicaOf(source, { trustsAnother: true });
      const settled = await fixture.replicaOf(source);
      await linkUp(settled);
      expect(await replica.info()).toMatchObject({ role: 'slave', master_link_status: 'down' });
      expect(await replica.command('DBSIZE')).toBe(0);
      expect((await source.info())['connected_slaves']).toBe('1');
    });

    it('whose first copy is under way says so on both sides, and has nothing yet', async () => {
      const source = await fixture.server();
      for (let key = 0; key < 20; key++) await source.command('SET', `k${key}`, '1');
      // For the child that writes the copy.
      await source.command('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
      const replica = await fixture.server();
      subject.holdCopy(replica.name);
      await replica.command('CONFIG', 'SET', 'masteruser', login.username);
      await replica.command('CONFIG', 'SET', 'masterauth', login.password);
      await replica.replicateFrom(source);
      await eventually(
        async () =>
          expect(await replica.info()).toMatchObject({ master_link_status: 'down', master_sync_in_progress: '1' }),
        { withinMs: 10_000 },
      );
      // Before 8.0 the source has no word of its own for a copy that goes over no file.
      await firstFollower(source, subject.version === '8.0' ? 'send_bulk_and_stream' : 'wait_bgsave');
      expect(await replica.command('DBSIZE')).toBe(0);
      expect((await source.info())['connected_slaves']).toBe('1');
      expect(await source.command('SET', 'during', '1')).toBe('OK');
      subject.releaseCopy(replica.name);
      await linkUp(replica);
      await hasValue(replica, 'during', '1');
      expect(await replica.command('DBSIZE')).toBe(21);
    });

    it('ends with its user', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await linkUp(replica);
      await firstFollower(source, 'online');
      expect(await source.command('ACL', 'DELUSER', login.username)).toBe(1);
      await linkDown(replica);
      await eventually(async () => expect((await source.info())['connected_slaves']).toBe('0'), { withinMs: 5000 });
      await source.command('ACL', 'LOAD');
      source.disconnect();
      await linkUp(replica);
    });

    it('outlives a change of its password', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await linkUp(replica);
      await source.command('ACL', 'SETUSER', login.username, 'resetpass', '>another-password');
      await source.command('SET', 'later', '1');
      await hasValue(replica, 'later', '1');
    });

    it('goes over a replica to the next one, and stays when the first server is gone', async () => {
      const source = await fixture.server();
      const middle = await fixture.replicaOf(source);
      await linkUp(middle);
      const last = await fixture.replicaOf(middle);
      await linkUp(last);
      await source.command('SET', 'far', '1');
      await hasValue(last, 'far', '1');
      expect((await last.info())['master_replid']).toBe((await source.info())['master_replid']);
      await source.stop();
      await linkDown(middle);
      await linkUp(last);
      const late = await fixture.replicaOf(middle);
      expect(await late.info()).toMatchObject({ master_link_status: 'down' });
      await middle.command('REPLICAOF', 'NO', 'ONE');
      await linkUp(late);
      await linkUp(last);
      await hasValue(late, 'far', '1');
    });

    it('of a replica that stands still is seen by its source, and catches up', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await linkUp(replica);
      const before = Number((await firstFollower(source, 'online'))['offset']);
      subject.freeze(replica.name);
      try {
        await source.command('SET', 'meanwhile', 'x'.repeat(1000));
        const offset = Number((await source.info())['master_repl_offset']);
        const seen = await firstFollower(source, 'online');
        expect(Number(seen['offset'])).toBeLessThan(offset - 900);
        expect(Number(seen['offset'])).toBeGreaterThanOrEqual(before);
      } finally {
        subject.thaw(replica.name);
      }
      await hasValue(replica, 'meanwhile', 'x'.repeat(1000));
    });

    it('is what min-replicas-to-write counts', async () => {
      const source = await fixture.server();
      expect(await source.command('SET', 'k', '1')).toBe('OK');
      await source.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
      await expect(source.command('SET', 'k', '2')).rejects.toMatchObject(refused('NOREPLICAS'));
      expect(await source.command('GET', 'k')).toBe('1');
      expect((await source.info())['min_slaves_good_slaves']).toBe('0');
      const replica = await fixture.replicaOf(source);
      await takesWrites(source);
      expect((await source.info())['min_slaves_good_slaves']).toBe('1');
      await replica.stop();
      await eventually(
        async () => expect(source.command('SET', 'k', '3')).rejects.toMatchObject(refused('NOREPLICAS')),
        { withinMs: 5000 },
      );
      await source.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
      expect(await source.command('SET', 'k', '4')).toBe('OK');
    });
  });
};
