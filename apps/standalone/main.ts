import 'reflect-metadata';
import { startApi } from '../api/start.js';
import { BackupWorker } from '../backup-worker/backup-worker.js';
import { LifecycleWorker } from '../lifecycle-worker/lifecycle-worker.js';
import { startScheduler } from '../scheduler/start.js';
import { SweepWorker } from '../sweep-worker/sweep-worker.js';
import { runApp } from '#observability/run-app.js';
import { startControl } from '#operations/installation/require-keys.js';
import { openQueues } from '#queue/queues.js';

/** All roles in one process: what `npm run up` starts on one machine. */
await runApp('standalone', async (configuration, logger) => {
  const control = await startControl(configuration, 'app', logger);
  const queues = openQueues(configuration, logger);
  const scheduler = await startScheduler(configuration, control, queues, logger);
  const worker = new LifecycleWorker(configuration, control, logger);
  await worker.start();
  const backups = new BackupWorker(configuration, control, logger);
  await backups.start();
  const sweeps = new SweepWorker(configuration, control, logger);
  await sweeps.start();
  const api = await startApi(configuration, control, queues, logger);
  return {
    close: async () => {
      await api.close();
      await sweeps.close();
      await backups.close();
      await worker.close();
      await scheduler.close();
      await queues.close();
      await control.db.destroy();
    },
  };
});
