import { describe, expect, it } from '@jest/globals';
import { login, type ReplicationFixture } from './replication-fixture.js';
import { firstFollower, linkUp, refused } from './replication.expectations.js';

/** Whether the promise has settled after the server answered so many others. */
const settledBy = async (work: Promise<unknown>, others: () => Promise<unknown>): Promise<boolean> => {
  let settled = false;
  const mark = (): void => void (settled = true);
  work.then(mark, mark);
  for (let count = 0; count < 20; count++) await others();
  return settled;
};

/** Clients that wait, and clients that are dropped. */
export const describeClients = (fixture: ReplicationFixture): void => {
  const { signal, subject } = fixture;
  const pausesWrites = subject.version !== '6.0';

  describe('clients', () => {
    it('are dropped but for the one who asks; followers stay', async () => {
      const server = await fixture.server();
      const replica = await fixture.replicaOf(server);
      await linkUp(replica);
      await firstFollower(server, 'online');
      const [one, other] = [await server.connect(), await server.connect()];
      const list = String(await server.command('CLIENT', 'LIST'))
        .trim()
        .split('\n');
      expect(list.filter((line) => / flags=S /.test(line) && line.includes(`user=${login.username}`))).toHaveLength(1);
      const clients = list.filter((line) => / flags=N /.test(line)).length;
      expect(clients).toBeGreaterThanOrEqual(3);
      expect(await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')).toBe(clients - 1);
      for (const node of [one, other]) {
        await expect(node.ping(signal)).rejects.toMatchObject({
          code: 'server_not_ready',
          detail: expect.stringContaining('closed the connection'),
        });
      }
      await server.command('PING');
      expect((await server.info())['connected_slaves']).toBe('1');
      expect((await replica.info())['master_link_status']).toBe('up');
    });

    if (pausesWrites) {
      it('wait with their writes while those are paused, and go on after it', async () => {
        const server = await fixture.server();
        const writer = await server.connect();
        expect(await server.command('CLIENT', 'PAUSE', '60000', 'WRITE')).toBe('OK');
        const writing = writer.command(['SET', 'k', '1'], signal);
        const transacting = (await server.connect()).transaction(
          [
            ['GET', 'k'],
            ['SET', 't', '1'],
          ],
          signal,
        );
        expect(await settledBy(Promise.race([writing, transacting]), () => server.command('GET', 'k'))).toBe(false);
        expect(await server.command('EXISTS', 'k', 't')).toBe(0);
        expect((await server.info())['role']).toBe('master');
        expect(await server.command('CLIENT', 'UNPAUSE')).toBe('OK');
        expect(await writing).toBe('OK');
        expect((await transacting)[1]).toBe('OK');
      });

      it('go on by themselves when the pause is over', async () => {
        const server = await fixture.server();
        await server.command('CLIENT', 'PAUSE', '50', 'WRITE');
        expect(await server.command('SET', 'k', '1')).toBe('OK');
      });

      it('that wait and are dropped have written nothing', async () => {
        const server = await fixture.server();
        const writer = await server.connect();
        await server.command('CLIENT', 'PAUSE', '60000', 'WRITE');
        const writing = writer.command(['SET', 'k', '1'], signal);
        expect(await settledBy(writing, () => server.command('PING'))).toBe(false);
        await server.transaction(
          ['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'],
          ['REPLICAOF', '127.0.0.1', '1'],
        );
        await expect(writing).rejects.toMatchObject({ code: 'server_not_ready' });
        await server.command('CLIENT', 'UNPAUSE');
        expect(await server.command('EXISTS', 'k')).toBe(0);
      });

      it('that wait on a server which is demoted meanwhile are refused', async () => {
        const server = await fixture.server();
        const writer = await server.connect();
        await server.command('CLIENT', 'PAUSE', '60000', 'WRITE');
        const writing = writer.command(['SET', 'k', '1'], signal);
        expect(await settledBy(writing, () => server.command('PING'))).toBe(false);
        await server.command('REPLICAOF', '127.0.0.1', '1');
        await server.command('CLIENT', 'UNPAUSE');
        await expect(writing).rejects.toMatchObject(refused('READONLY'));
      });
    } else {
      it('cannot be paused in their writes alone, and a pause holds whoever asked for it too', async () => {
        const server = await fixture.server();
        await expect(server.command('CLIENT', 'PAUSE', '1000', 'WRITE')).rejects.toMatchObject(refused('ERR'));
        await expect(server.command('CLIENT', 'UNPAUSE')).rejects.toMatchObject(refused('ERR'));
        const startedMs = performance.now();
        expect(await server.command('CLIENT', 'PAUSE', '300')).toBe('OK');
        await server.command('PING');
        expect(performance.now() - startedMs).toBeGreaterThan(250);
      });
    }
  });
};
