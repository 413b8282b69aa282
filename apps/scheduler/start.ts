import type { Configuration } from '#configuration/configuration.js';
import type { Logger } from '#observability/logger.js';
import type { RunningApp } from '#observability/run-app.js';
import type { Control } from '#operations/control.js';
import { requireDatabaseUrl } from '#configuration/required.js';
import { openCheckpoints } from '#operations/installation/open-control.js';
import type { Queues } from '#queue/queues.js';
import { Scheduler } from './scheduler.js';

export const startScheduler = async (
  configuration: Configuration,
  control: Control,
  queues: Queues,
  logger: Logger,
): Promise<RunningApp> => {
  const scheduler = new Scheduler({
    control,
    databaseUrl: requireDatabaseUrl(configuration),
    queues,
    checkpoints: openCheckpoints(configuration, control),
    logger,
    sweepIntervals: configuration.sweepIntervals,
  });
  await scheduler.start();
  return scheduler;
};
