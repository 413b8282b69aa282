import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPoints } from '#observability/fault-points.js';
import { Relay } from '#operations/schedule/relay.js';
import { rescue } from '#operations/schedule/rescue.js';
import { takeDueWakeUps } from '#persistence/operations/dispatch.js';
import { Queues } from '#queue/queues.js';
import { queuePrefix } from '#queue/prefix.js';
import { freePort } from '../../support/free-ports.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { startScheduler, startWorker, type Closable } from '../../support/fake-workers.js';
import { pauseAt } from '../../support/pause.js';
import { queueUrl } from '../../support/queue.js';
import { cancel, create, finished } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

let installation: FakeInstallation;
const running: Closable[] = [];
const started = async <App extends Closable>(app: Promise<App>): Promise<App> => {
  running.push(await app);
  return app;
};

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterEach(async () => {
  faultPoints.disarmAll();
  await Promise.all(running.splice(0).map((one) => one.close()));
});
afterAll(() => installation.close());

const patience = 20_000;

describe('a queue that is away', () => {
  it(
    'holds up neither a cancel nor the end of the scheduler',
    async () => {
      const scheduler = await startScheduler(installation, `redis://127.0.0.1:${await freePort()}`);
      const { operationId } = await create(installation, 'no-queue');
      const before = performance.now();
      await cancel(installation, operationId);
      await scheduler.close();
      expect(performance.now() - before).toBeLessThan(5000);
      expect((await finished(installation, operationId)).status).toBe('cancelled');
    },
    patience,
  );

  it(
    'gets the wake-ups that waited when it is back',
    async () => {
      const scheduler = await startScheduler(installation, `redis://127.0.0.1:${await freePort()}`);
      const { operationId } = await create(installation, 'queue-back');
      await scheduler.close();
      await started(startScheduler(installation));
      await started(startWorker(installation));
      expect((await finished(installation, operationId)).status).toBe('succeeded');
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );
});

describe('a wake-up', () => {
  it(
    'that was sent and not noted as sent does no harm, nor does it keep the next one from its work',
    async () => {
      const scheduler = await started(startScheduler(installation));
      const pause = pauseAt('provision:claimed');
      await scheduler.close();
      running.length = 0;
      // A relay that dies between sending and its commit: the job is in the queue, the row knows nothing of it.
      const queues = new Queues(queueUrl(), queuePrefix(installation.control.installation), () => undefined);
      const { operationId } = await create(installation, 'sent-twice');
      await installation.control.db
        .transaction()
        .execute(async (tx) => {
          await queues.send(await takeDueWakeUps(tx, 10));
          throw new Error('died');
        })
        .catch(() => undefined);
      const worker = await startWorker(installation);
      await pause.reached;
      // The first worker gives the operation back before anybody has noted that its wake-up was sent.
      const closing = worker.close();
      faultPoints.disarmAll();
      pause.goOn();
      await closing;
      await started(startScheduler(installation));
      await started(startWorker(installation));
      expect((await finished(installation, operationId)).status).toBe('succeeded');
      await queues.close();
    },
    patience,
  );

  it(
    'whose job a worker took before it died is sent again',
    async () => {
      await started(startScheduler(installation));
      const pause = pauseAt('provision:woken');
      const dead = await started(startWorker(installation));
      const { operationId } = await create(installation, 'woken');
      await pause.reached;
      faultPoints.disarmAll();
      const before = performance.now();
      await started(startWorker(installation));
      expect((await finished(installation, operationId)).status).toBe('succeeded');
      expect(performance.now() - before).toBeLessThan(10_000);
      pause.goOn();
      await dead.close();
    },
    patience,
  );

  it(
    'that Postgres announced to nobody is found by looking',
    async () => {
      const sent: string[] = [];
      const { operationId } = await create(installation, 'unannounced');
      const relay = new Relay(
        installation.control.db,
        async (wakeUps) => void sent.push(...wakeUps.map((wakeUp) => wakeUp.operationId)),
        () => undefined,
      );
      relay.wake();
      await relay.close();
      expect(sent).toEqual([operationId]);
      expect(await rescue(installation.control.db, async (wakeUps) => wakeUps)).toMatchObject({ lostLeases: 0 });
      await installation.runner().run(operationId);
    },
    patience,
  );
});
