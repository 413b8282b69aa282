import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { containerName } from '#domain/server/names.js';
import type { AppProcess } from '../support/app-process.js';
import { BackupRun } from '../support/backup-run.js';
import { eventually } from '../support/eventually.js';
import { crash, docker, stateOf } from '../support/host.js';
import { eventuallyFollows, makeTree } from '../support/replication-tree.js';
import { backup, finished, promote, request } from '../support/requests.js';

const patience = 180_000;
const keys = 30_000;
let run: BackupRun;
let worker: AppProcess;

beforeAll(async () => {
  // Longer than a worker is made to stand still.
  run = await BackupRun.open({ HOLDFAST_LEASE_SECONDS: '60' });
  worker = await run.faults.worker('backup-worker');
  await run.fill(run.source, keys);
}, patience);
afterAll(() => run?.close(), patience);
afterEach(() => worker.kill('SIGCONT'));

const containerOf = (databaseId: string): string => containerName(run.installation.control.installation, databaseId);

/** A backup that stands in the middle of its stream while something happens. */
const meanwhile = async (databaseId: string, happen: () => Promise<void>) => {
  const asked = await backup(run.installation, databaseId);
  await eventually(async () => expect(await run.faults.journal(asked.operationId)).toEqual(['1: write running']), {
    withinMs: 20_000,
  });
  worker.kill('SIGSTOP');
  await happen();
  worker.kill('SIGCONT');
  return asked;
};

const expectGood = async ({ backupId, operationId }: { backupId: string; operationId: string }) => {
  const { receipt } = await run.succeeded(operationId);
  await run.expectVerified(backupId);
  await run.expectSound();
  return receipt;
};

describe('a backup ends well when its source', () => {
  it(
    'is killed in the middle',
    async () => {
      const asked = await meanwhile(run.source, () => crash(containerOf(run.source)));
      await expectGood(asked);
    },
    patience,
  );

  it(
    'is restarted in the middle, which does not wait for it',
    async () => {
      const asked = await meanwhile(run.source, async () => {
        await run.succeeded(await request(run.installation, run.source, 'restart'));
      });
      await expectGood(asked);
    },
    patience,
  );

  it(
    'is deprovisioned in the middle: it fails, and nothing of it is left',
    async () => {
      const databaseId = await run.provision('going', { memoryMb: 128 });
      await run.fill(databaseId, keys);
      const { backupId, operationId } = await meanwhile(databaseId, () => run.deprovision(databaseId));
      const ended = await finished(run.installation, operationId, patience);
      expect(await run.row(backupId)).toMatchObject({ status: ended.status === 'succeeded' ? 'complete' : 'failed' });
      await run.settled();
      await run.expectSound();
    },
    patience,
  );
});

describe('a backup of a tree', () => {
  it(
    'comes from its replica, ends well when that is promoted meanwhile, and from the primary when no replica follows',
    async () => {
      const [primary, replica] = await makeTree(run.faults, 'tree', { memoryMb: 128 });
      await run.fill(primary.id, keys);
      await eventuallyFollows(replica, primary);
      const calm = await backup(run.installation, primary.id);
      expect(await expectGood(calm)).toMatchObject({ takenFrom: replica.id });
      const asked = await meanwhile(primary.id, async () => {
        await run.succeeded(await promote(run.installation, replica.id));
      });
      await expectGood(asked);
      await eventuallyFollows(primary, replica);
      await docker('stop', '--time', '1', primary.container);
      const alone = await backup(run.installation, replica.id);
      const { receipt } = await run.succeeded(alone.operationId);
      expect(receipt).toMatchObject({ takenFrom: replica.id });
      await docker('start', primary.container);
      await eventuallyFollows(primary, replica);
      await run.expectVerified(alone.backupId);
      await run.expectSound();
      for (const { id } of [primary, replica]) await run.deprovision(id);
    },
    patience,
  );
});

/** Writes values until the server takes no more, and then goes on trying. */
const press = async (databaseId: string, until: AbortSignal): Promise<number> => {
  const value = 'x'.repeat(100_000);
  let refused = 0;
  for (let index = 0; !until.aborted; index++) {
    await run.send(databaseId, 'SET', `press:${index % 2000}`, value + index).catch(() => (refused += 1));
  }
  return refused;
};

describe('a backup of a database at its limit', () => {
  it.each(['aof', 'none'])(
    'of memory works or is refused, and never ends the server, with persistence %s',
    async (persistence) => {
      const databaseId = await run.provision(`limit-${persistence}`, { persistence });
      const before = await stateOf(containerOf(databaseId));
      const over = new AbortController();
      const pressed = Promise.all([press(databaseId, over.signal), press(databaseId, over.signal)]);
      await eventually(async () => expect(await run.send(databaseId, 'DBSIZE')).toBeGreaterThan(200), {
        withinMs: 60_000,
      });
      const outcomes: string[] = [];
      for (let round = 1; round <= 3; round++) {
        const { operationId } = await backup(run.installation, databaseId);
        const { status, error } = await finished(run.installation, operationId, 20_000).catch(async () => ({
          status: 'waiting',
          error: (
            await run.installation.control.db
              .selectFrom('operations')
              .select('error')
              .where('id', '=', operationId)
              .executeTakeFirstOrThrow()
          ).error,
        }));
        outcomes.push(status === 'succeeded' ? status : (error?.code ?? status));
      }
      over.abort();
      await pressed;
      for (const outcome of outcomes) expect(['succeeded', 'backup_memory_low']).toContain(outcome);
      expect(await stateOf(containerOf(databaseId))).toMatchObject({
        Pid: before.Pid,
        OOMKilled: false,
        Running: true,
      });
      await run.send(databaseId, 'FLUSHALL');
      await run.settled();
      await run.expectSound();
      await run.deprovision(databaseId);
    },
    patience,
  );
});
