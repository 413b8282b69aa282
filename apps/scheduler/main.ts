import { runApp } from '#observability/run-app.js';
import { startControl } from '#operations/installation/require-keys.js';
import { openQueues } from '#queue/queues.js';
import { startScheduler } from './start.js';

await runApp('scheduler', async (configuration, logger) => {
  const control = await startControl(configuration, 'app', logger);
  const queues = openQueues(configuration, logger);
  const scheduler = await startScheduler(configuration, control, queues, logger);
  return {
    close: async () => {
      await scheduler.close();
      await queues.close();
      await control.db.destroy();
    },
  };
});
