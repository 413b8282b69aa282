import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPoints } from '#observability/fault-points.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { startScheduler, startWorker, type Closable } from '../../support/fake-workers.js';
import { eventually } from '../../support/eventually.js';
import { pauseAt } from '../../support/pause.js';
import { queueUrl } from '../../support/queue.js';
import { backup, cancel, create, finished, onBackup, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

const patience = 30_000;
let installation: FakeInstallation;
const running: Closable[] = [];

beforeAll(async () => {
  installation = await createFakeInstallation();
  running.push(await startScheduler(installation), await startWorker(installation), await startWorker(installation));
  running.push(await startWorker(installation, {}, queueUrl(), 'backup-worker'));
});
afterAll(async () => {
  faultPoints.disarmAll();
  await Promise.all(running.map((one) => one.close()));
  await installation.close();
});

const spanOf = async (operationId: string): Promise<{ from: number; to: number }> => {
  const { started_at: from, finished_at: to } = await finished(installation, operationId);
  return { from: from?.getTime() ?? NaN, to: to?.getTime() ?? NaN };
};

describe('operations on one database', () => {
  it(
    'run one at a time, in the order of their requests, whatever the queues do',
    async () => {
      const { databaseId, operationId } = await create(installation, 'ordered');
      const later = [];
      for (const kind of ['restart', 'reload', 'restart', 'deprovision'] as const)
        later.push(await request(installation, databaseId, kind));
      const spans = await Promise.all([operationId, ...later].map(spanOf));
      spans.slice(1).forEach(({ from }, index) => expect(from).toBeGreaterThanOrEqual(spans[index]?.to ?? NaN));
      for (const id of later) expect((await finished(installation, id)).status).toBe('succeeded');
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );

  it(
    'do not hold up those on another one',
    async () => {
      const hold = installation.host.faults.hold('createContainer');
      const held = await create(installation, 'held');
      await hold.reached;
      hold.letOthersPass();
      const free = await create(installation, 'free');
      expect((await finished(installation, free.operationId)).status).toBe('succeeded');
      hold.release();
      expect((await finished(installation, held.operationId)).status).toBe('succeeded');
    },
    patience,
  );

  it(
    'many at once on many databases end once each, with one attempt each',
    async () => {
      const created = await Promise.all(
        Array.from({ length: 30 }, (_, index) => create(installation, `many-${index}`)),
      );
      const restarts = await Promise.all(created.map(({ databaseId }) => request(installation, databaseId, 'restart')));
      for (const id of [...created.map(({ operationId }) => operationId), ...restarts]) {
        expect(await finished(installation, id)).toMatchObject({ status: 'succeeded', attempt: 1 });
        expect((await stepsOf(installation.control.db, [id])).every(({ status }) => status === 'succeeded')).toBe(true);
      }
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );
});

describe('operations that only read one database', () => {
  it(
    'wait for those of their own kind, and a backup for no verification',
    async () => {
      const { databaseId, operationId } = await create(installation, 'read');
      await finished(installation, operationId);
      const pause = pauseAt('verify-backup:claimed');
      const { backupId } = await backup(installation, databaseId);
      await pause.reached;
      const { db } = installation.control;
      const verifying = db.selectFrom('operations').select('id').where('status', '=', 'running');
      const first = await verifying.where('kind', '=', 'verify-backup').executeTakeFirst();
      const second = await onBackup(installation, backupId, { type: 'verify' });
      const next = await backup(installation, databaseId);
      // Whoever is paused would wait for ever after a failure.
      try {
        expect(await finished(installation, next.operationId, 20_000)).toMatchObject({
          status: 'succeeded',
          attempt: 1,
        });
        expect(await findOperation(db, second)).toMatchObject({ status: 'queued', attempt: 0 });
        expect(await installation.runner().run(second)).toEqual({ kind: 'not-claimed' });
        await cancel(installation, first?.id ?? '');
      } finally {
        pause.goOn();
      }
      // Fakes cannot be verified: it is tried again and again.
      const begun = async () => expect((await findOperation(db, second))?.attempt).toBeGreaterThan(0);
      await eventually(begun, { withinMs: 20_000 });
      await cancel(installation, second);
      expect((await finished(installation, second)).status).toBe('cancelled');
    },
    2 * patience,
  );
});
