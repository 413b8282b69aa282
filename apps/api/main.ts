import 'reflect-metadata';
import { runApp } from '#observability/run-app.js';
import { startControl } from '#operations/installation/require-keys.js';
import { openQueues } from '#queue/queues.js';
import { startApi } from './start.js';

await runApp('api', async (configuration, logger) => {
  const control = await startControl(configuration, 'app', logger);
  const queues = openQueues(configuration, logger);
  const api = await startApi(configuration, control, queues, logger);
  return {
    close: async () => {
      await api.close();
      await queues.close();
      await control.db.destroy();
    },
  };
});
