import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { faultPoints } from '#observability/fault-points.js';
import { limitOperations } from '#persistence/operations/limits.js';
import { rescue } from '#operations/schedule/rescue.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { startScheduler, startWorker, type Closable } from '../../support/fake-workers.js';
import { eventually } from '../../support/eventually.js';
import { pauseAt } from '../../support/pause.js';
import { queueUrl } from '../../support/queue.js';
import { backup, create, finished } from '../../support/requests.js';

const patience = 60_000;
const limit = 2;
const databases: string[] = [];
let installation: FakeInstallation;
const running: Closable[] = [];

/** A worker app for backups, able to run 20 of each kind by itself. */
const backupWorker = (): Promise<Closable> => startWorker(installation, {}, queueUrl(), 'backup-worker');

beforeEach(async () => {
  installation = await createFakeInstallation();
  await limitOperations(installation.control.db, ['backup-snapshot'], limit);
  databases.length = 0;
  for (let count = 0; count < 6; count++) {
    const { databaseId, operationId } = await create(installation, `limited-${String(count)}`);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    databases.push(databaseId);
  }
}, patience);
afterEach(async () => {
  faultPoints.disarmAll();
  await Promise.all(running.splice(0).map((one) => one.close()));
  await installation.close();
});

const snapshots = () =>
  installation.control.db.selectFrom('operations').selectAll().where('kind', '=', 'backup-snapshot').execute();
const backups = async (): Promise<string[]> => {
  const ids: string[] = [];
  for (const databaseId of databases) ids.push((await backup(installation, databaseId)).operationId);
  return ids;
};

describe('a kind with a limit', () => {
  it(
    'runs no more operations at a time than that on two workers with room for forty, and all in the end',
    async () => {
      const pause = pauseAt('backup-snapshot:opened');
      running.push(await startScheduler(installation), await backupWorker(), await backupWorker());
      const ids = await backups();
      await pause.reached;
      const full = async (): Promise<void> => {
        const taken = (await snapshots()).filter(({ status }) => status === 'running');
        if (taken.length !== limit) throw new Error(`${String(taken.length)} are running`);
      };
      await eventually(full, { withinMs: 10_000 });
      const left = (await snapshots()).filter(({ status }) => status === 'queued').map(({ id }) => id);
      expect(left).toHaveLength(ids.length - limit);
      // Neither a worker that was woken for it takes one more, nor is one woken in vain.
      for (const id of left) expect(await installation.runner().run(id)).toEqual({ kind: 'not-claimed' });
      const { db } = installation.control;
      const owed = await db.selectFrom('outbox').select('dispatch_no').where('operation_id', 'in', left).execute();
      expect(owed.map(({ dispatch_no: times }) => times)).toEqual(left.map(() => 0));
      pause.goOn();
      for (const id of ids) expect(await finished(installation, id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    },
    patience,
  );

  it(
    'is not exceeded by workers that claim at the same moment, nor kept full by one that is gone',
    async () => {
      const ids = await backups();
      const pause = pauseAt('backup-snapshot:opened');
      const leaseMs = 2000;
      const outcomes = ids.map((id) => installation.runner({ leaseMs }).run(id));
      const refused = await firstOf(outcomes, ids.length - limit);
      expect(refused.map(({ kind }) => kind)).toEqual(refused.map(() => 'not-claimed'));
      const { db } = installation.control;
      // As if both had lost their machine: nobody renews the lease.
      await db
        .updateTable('operations')
        .set({ lease_expires_at: new Date(0), lease_owner: 'gone' })
        .where('status', '=', 'running')
        .execute();
      expect(await rescue(db, () => Promise.resolve([]))).toMatchObject({ lostLeases: limit });
      pause.goOn();
      faultPoints.disarmAll();
      await Promise.all(outcomes);
      running.push(await startScheduler(installation), await backupWorker());
      for (const id of ids) expect((await finished(installation, id)).status).toBe('succeeded');
    },
    patience,
  );
});

/** The first `count` of them to come to an end. */
const firstOf = <Value>(promises: readonly Promise<Value>[], count: number): Promise<readonly Value[]> =>
  new Promise((resolve, reject) => {
    const ended: Value[] = [];
    for (const promise of promises) {
      promise.then((value) => {
        if (ended.push(value) === count) resolve([...ended]);
      }, reject);
    }
  });
