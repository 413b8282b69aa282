import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords } from '#operations/server/material.js';
import { Checker } from '../support/checker/checker.js';
import { Directory, DirectLink, openOnce } from '../support/checker/direct-link.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, docker } from '../support/host.js';
import {
  eventuallyFollows,
  eventuallyHas,
  eventuallyWrites,
  failure,
  infoOf,
  makeTree,
  memberOf,
  operationRow,
  succeeded,
  tell,
  writable,
  type Member,
} from '../support/replication-tree.js';
import { cancel, databaseRow, finished, promote, replicate } from '../support/requests.js';

/** The first copy: under load, broken off, cancelled, and what may not be done before it is whole. */

const patience = 120_000;
let run: FaultRun;

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
  await run.worker();
}, patience);
afterAll(() => run.close(), patience);

const keys = 20_000;

/** About 50 MB that do not compress. */
const fill = async ({ address, login }: Member): Promise<void> => {
  const client = await openOnce(address, login);
  for (let at = 0; at < keys; at += 1000) {
    const batch = Array.from({ length: 1000 }, (_, index) => [`key:${at + index}`, randomBytes(2500)]).flat();
    await client.mset(...batch);
  }
  client.disconnect();
};

/** A source that takes this long for each key of a copy. Gone when it is restarted. */
const slowDown = async ({ id, address }: Member, microseconds: number): Promise<void> => {
  const { manager } = await openPasswords(run.installation.control, id);
  const client = await openOnce(address, { username: serverUsers.manager, password: manager });
  await client.config('SET', 'rdb-key-save-delay', String(microseconds));
  client.disconnect();
};

const isCopied = (source: Member): Promise<void> =>
  eventually(
    async () => expect(await infoOf(source)).toMatch(/state=(send_bulk|wait_bgsave|bg_transfer|send_bulk_and_stream)/),
    {
      withinMs: 30_000,
    },
  );

const whole = (replica: Member): Promise<void> =>
  eventually(async () => expect(await tell(replica, 'DBSIZE')).toBe(keys), { withinMs: 60_000 });

describe('the first copy', () => {
  it(
    'of a source that is written to all the time has everything that was answered, and goes on',
    async () => {
      const [source] = await makeTree(run, 'busy', { memoryMb: 256 }, 0);
      const directory = new Directory([source.address], false);
      const checker = Checker.start({ clients: 8, key: 'load', link: () => new DirectLink(directory, source.login) });
      try {
        await checker.moreWrites(50);
        const { databaseId, operationId } = await replicate(run.installation, source.id, 'busy-replica');
        await succeeded(run, operationId);
        await checker.moreWrites(50);
        await checker.stop();
        const replica = await memberOf(run, databaseId);
        expect(replica.login).toEqual(source.login);
        await tell(source, 'SET', 'last', 'yes');
        await eventuallyHas(replica, 'last', 'yes');
        expect((await checker.verdict(replica.address, replica.login)).complaints).toEqual([]);
        expect(await writable([source, replica])).toEqual([source.id]);
        expect(await run.complaints()).toEqual([]);
      } finally {
        await checker.stop();
      }
    },
    patience,
  );

  it(
    'that breaks off when its source dies is begun again, and the replica is whole before it is ready',
    async () => {
      const [source] = await makeTree(run, 'broken', { memoryMb: 256 }, 0);
      await fill(source);
      await slowDown(source, 200);
      const { databaseId, operationId } = await replicate(run.installation, source.id, 'broken-replica');
      await isCopied(source);
      await crash(source.container);
      expect((await databaseRow(run.installation, databaseId)).status).toBe('provisioning');
      await succeeded(run, operationId);
      const replica = await memberOf(run, databaseId);
      expect(await tell(replica, 'DBSIZE')).toBe(keys);
      await eventuallyWrites(source, 'OK');
      expect(await writable([source, replica])).toEqual([source.id]);
      await tell(source, 'DEL', 'tried');
      // A replica that copies anew is not to be promoted, by any mode.
      await slowDown(source, 200);
      await docker('kill', replica.container);
      await docker('start', replica.container);
      await isCopied(source);
      expect(await failure(run, await promote(run.installation, databaseId, 'force'))).toBe('replica_not_ready');
      await whole(replica);
      await eventuallyFollows(replica, source);
      expect(await writable([source, replica])).toEqual([source.id]);
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'that is cancelled leaves nothing, neither on the host nor with its source',
    async () => {
      const [source] = await makeTree(run, 'cancelled', { memoryMb: 256 }, 0);
      await fill(source);
      await slowDown(source, 1000);
      const { databaseId, operationId } = await replicate(run.installation, source.id, 'cancelled-replica');
      await isCopied(source);
      await cancel(run.installation, operationId);
      expect(await finished(run.installation, operationId)).toMatchObject({ status: 'cancelled' });
      expect((await operationRow(run, operationId)).receipt).toMatchObject({ leftBehind: [] });
      expect((await databaseRow(run.installation, databaseId)).status).toBe('deprovisioned');
      expect(String(await tell(source, 'ACL', 'USERS'))).not.toContain('replica');
      expect(await writable([source])).toEqual([source.id]);
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});
