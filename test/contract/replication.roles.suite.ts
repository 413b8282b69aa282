import { describe, expect, it } from '@jest/globals';
import { shutGate } from '#domain/server/server-role.js';
import { serverPorts } from '#domain/server/names.js';
import type { ReplicationFixture } from './replication-fixture.js';
import { firstFollower, hasValue, linkDown, linkUp, refused, takesWrites } from './replication.expectations.js';

/** Who takes writes, and whose history goes on. */
export const describeRoles = (fixture: ReplicationFixture): void => {
  const closesRing = fixture.subject.version !== '6.0';

  describe('a role', () => {
    it('of a replica refuses writes and answers reads', async () => {
      const source = await fixture.server();
      await source.command('SET', 'k', '1');
      const replica = await fixture.replicaOf(source);
      await hasValue(replica, 'k', '1');
      await expect(replica.command('SET', 'k', '2')).rejects.toMatchObject(refused('READONLY'));
      await expect(replica.transaction(['GET', 'k'], ['SET', 'k', '2'])).rejects.toMatchObject(refused('READONLY'));
      expect(await replica.command('EXISTS', 'k', 'none')).toBe(1);
      expect(await replica.command('DBSIZE')).toBe(1);
      await expect(replica.command('REPLICAOF', source.host, 'port')).rejects.toMatchObject(refused('ERR'));
    });

    it('of a fenced server keeps its data and refuses writes', async () => {
      const server = await fixture.server({ persistence: 'aof' });
      await server.command('SET', 'k', '1');
      await server.write({ kind: 'fenced' }, { persistence: 'aof' });
      await server.stop();
      await server.start();
      expect(await linkDown(server)).toMatchObject({ master_host: '127.0.0.1', master_port: '1' });
      expect(await server.command('GET', 'k')).toBe('1');
      await expect(server.command('SET', 'k', '2')).rejects.toMatchObject(refused('READONLY'));
    });

    it('passes over, and the former primary and a sibling go on without a full copy', async () => {
      const source = await fixture.server();
      await source.command('SET', 'k', '1');
      const candidate = await fixture.replicaOf(source);
      const sibling = await fixture.replicaOf(source);
      for (const replica of [candidate, sibling]) {
        await linkUp(replica);
        await hasValue(replica, 'k', '1');
      }
      const before = await source.info();
      // A full copy would be held back, so that a link which comes up had none.
      await candidate.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '2147483');
      expect(await candidate.command('REPLICAOF', 'NO', 'ONE')).toBe('OK');
      const after = await candidate.info();
      expect(after).toMatchObject({
        role: 'master',
        master_replid2: before['master_replid'],
        second_repl_offset: String(Number(after['master_repl_offset']) + 1),
      });
      expect(after['master_replid']).not.toBe(before['master_replid']);
      await candidate.command('SET', 'k', '2');
      for (const replica of [source, sibling]) {
        await replica.command('CONFIG', 'SET', 'masteruser', 'holdfast-replica-r');
        await replica.command('CONFIG', 'SET', 'masterauth', 'replica-password-0123456789');
        expect(await replica.replicateFrom(candidate)).toBe('OK');
        expect((await linkUp(replica))['master_replid']).toBe(after['master_replid']);
        await hasValue(replica, 'k', '2');
        await expect(replica.command('SET', 'k', '3')).rejects.toMatchObject(refused('READONLY'));
      }
    });

    it('taken by two at once makes two histories: the one that follows then is copied in full', async () => {
      const source = await fixture.server();
      const candidate = await fixture.replicaOf(source);
      await linkUp(candidate);
      await candidate.command('REPLICAOF', 'NO', 'ONE');
      await source.command('SET', 'here', '1');
      await candidate.command('SET', 'there', '1');
      await candidate.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '2147483');
      await source.command('CONFIG', 'SET', 'masteruser', 'holdfast-replica-r');
      await source.command('CONFIG', 'SET', 'masterauth', 'replica-password-0123456789');
      await source.replicateFrom(candidate);
      await firstFollower(candidate, 'wait_bgsave');
      expect(await source.info()).toMatchObject({ master_link_status: 'down', master_sync_in_progress: '0' });
      expect(await source.command('GET', 'here')).toBe('1');
      await candidate.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
      await linkUp(source);
      expect(await source.command('GET', 'here')).toBeNull();
      expect(await source.command('GET', 'there')).toBe('1');
    });

    it('of a replica taken by both leaves no writable server, before 7.0 no link either, and whoever is promoted is followed', async () => {
      const source = await fixture.server();
      await source.command('SET', 'k', '1');
      const candidate = await fixture.replicaOf(source);
      await hasValue(candidate, 'k', '1');
      await firstFollower(source, 'online');
      await source.command('CONFIG', 'SET', 'masteruser', 'holdfast-replica-r');
      await source.command('CONFIG', 'SET', 'masterauth', 'replica-password-0123456789');
      await source.replicateFrom(candidate);
      // Since 7.0 the ring closes: each believes the other to be its source.
      await (closesRing ? linkUp(source) : linkDown(candidate));
      for (const server of [source, candidate]) {
        const master_link_status = closesRing ? 'up' : 'down';
        expect(await server.info()).toMatchObject({ role: 'slave', master_link_status });
        expect(await server.command('GET', 'k')).toBe('1');
        await expect(server.command('SET', 'k', '2')).rejects.toMatchObject(refused('READONLY'));
      }
      await candidate.command('REPLICAOF', 'NO', 'ONE');
      await linkUp(source);
      await candidate.command('SET', 'k', '3');
      await hasValue(source, 'k', '3');
    });

    it('goes back and forth without a full copy as long as nobody wrote', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await linkUp(replica);
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '2147483');
      await source.command('REPLICAOF', '127.0.0.1', '1');
      await source.command('REPLICAOF', 'NO', 'ONE');
      await linkUp(replica);
      await source.command('SET', 'k', '2');
      await hasValue(replica, 'k', '2');
    });

    describe('is handed over in one transaction', () => {
      const handOver = async (...questions: string[][]) => {
        const source = await fixture.server();
        const candidate = await fixture.replicaOf(source);
        await linkUp(candidate);
        // A follower that is not online yet would lose, before 7.0, what the source has not sent by then.
        await firstFollower(source, 'online');
        await source.command('SET', 'k', '1');
        await hasValue(candidate, 'k', '1');
        const replies = await source.transaction(
          ...questions,
          ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'],
          ['REPLICAOF', candidate.host, String(serverPorts.tls)],
        );
        expect(replies.at(-1)).toBe('OK');
        return { replies, source, candidate, reached: Number((await candidate.info())['slave_repl_offset']) };
      };

      it('and ROLE tells the offset at which it ended, which the replica has', async () => {
        const { replies, source, candidate, reached } = await handOver(['ROLE']);
        expect(replies[0]).toEqual(['master', reached, expect.anything()]);
        expect((await source.info())['slave_repl_offset']).toBe(String(reached));
        await candidate.command('REPLICAOF', 'NO', 'ONE');
      });

      it('and INFO tells it since 7.0; before, INFO itself lets MULTI into the stream, which no replica gets', async () => {
        const { replies, reached } = await handOver(['INFO', 'replication']);
        expect(replies[0]).toMatch(/^role:master\r?$/m);
        const told = Number(/^master_repl_offset:(\d+)/m.exec(String(replies[0]))?.[1]);
        expect(told - reached).toBe(closesRing ? 0 : '*1\r\n$5\r\nMULTI\r\n'.length);
      });
    });

    it('behind a shut gate takes no write after a restart, and hands out no empty copy', async () => {
      const source = await fixture.server();
      const replica = await fixture.replicaOf(source);
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.write({ kind: 'primary', followers: 1 });
      await source.kill();
      await linkDown(replica);
      await source.start();
      await firstFollower(source, 'wait_bgsave');
      await expect(source.command('SET', 'k', '2')).rejects.toMatchObject(refused('NOREPLICAS'));
      expect(await source.command('DBSIZE')).toBe(0);
      expect(await replica.command('GET', 'k')).toBe('1');
      expect(await source.command('CONFIG', 'GET', 'repl-diskless-sync-delay')).toEqual([
        'repl-diskless-sync-delay',
        shutGate('none')['repl-diskless-sync-delay'],
      ]);
      for (const name of ['min-replicas-to-write', 'repl-diskless-sync-delay']) {
        await source.command('CONFIG', 'SET', name, '0');
      }
      await linkUp(replica);
      await hasValue(replica, 'k', null);
      await takesWrites(source);
    });

    it('behind a gate is open again when a follower has come back, where data are kept', async () => {
      const source = await fixture.server({ persistence: 'aof' });
      const replica = await fixture.replicaOf(source, { persistence: 'aof' });
      await source.command('SET', 'k', '1');
      await hasValue(replica, 'k', '1');
      await source.write({ kind: 'primary', followers: 1 }, { persistence: 'aof' });
      await source.stop();
      await source.start();
      await takesWrites(source);
      await hasValue(replica, 'k', '1');
    });
  });
};
