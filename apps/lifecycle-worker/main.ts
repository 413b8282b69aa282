import 'reflect-metadata';
import { runApp } from '#observability/run-app.js';
import { startControl } from '#operations/installation/require-keys.js';
import { LifecycleWorker } from './lifecycle-worker.js';

await runApp('lifecycle-worker', async (configuration, logger) => {
  const control = await startControl(configuration, 'app', logger);
  const worker = new LifecycleWorker(configuration, control, logger);
  await worker.start();
  return {
    close: async () => {
      await worker.close();
      await control.db.destroy();
    },
  };
});
