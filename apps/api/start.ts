import type { Configuration } from '#configuration/configuration.js';
import { openBackups } from '#engine/open-backups.js';
import type { Logger } from '#observability/logger.js';
import { createRegistry } from '#observability/metrics.js';
import type { RunningApp } from '#observability/run-app.js';
import { withIdentifiedStores } from '#operations/backup/identified-stores.js';
import type { Control } from '#operations/control.js';
import { verifyHistory } from '#operations/history/verify.js';
import { requireDatabaseUrl } from '#configuration/required.js';
import { openCheckpoints } from '#operations/installation/open-control.js';
import type { Queues } from '#queue/queues.js';
import { createApi } from './api.js';

/** Listens once everything is made; the parts that it is given stay open when it closes. */
export const startApi = async (
  configuration: Configuration,
  control: Control,
  queues: Queues,
  logger: Logger,
): Promise<RunningApp> => {
  const checkpoints = openCheckpoints(configuration, control);
  const app = await createApi({
    control,
    databaseUrl: requireDatabaseUrl(configuration),
    logger,
    registry: createRegistry('api'),
    queues: [...queues.all],
    pingQueue: (signal) => queues.ping(signal),
    history: {
      verify: () => verifyHistory(control.db, checkpoints),
      checkpoints: () => checkpoints.read(),
    },
    backups: withIdentifiedStores(control, openBackups(configuration)),
  });
  await app.listen(configuration.port, configuration.listenAddress);
  return app;
};
