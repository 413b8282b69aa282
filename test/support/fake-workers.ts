import { NestFactory } from '@nestjs/core';
import { pino, type Logger } from 'pino';
import { Scheduler } from '../../apps/scheduler/scheduler.js';
import type { OperationRunner } from '#operations/run/operation-runner.js';
import type { RunnerOptions } from '#operations/run/runner-options.js';
import { queueConnection, Queues } from '#queue/queues.js';
import { OperationWorkerModule, type OperationWorkerOptions } from '#queue/operation-worker.module.js';
import { queuePrefix } from '#queue/prefix.js';
import type { FakeInstallation } from './fake-installation.js';
import { queueUrl } from './queue.js';

export interface Closable {
  close(): Promise<void>;
}

/** Tests of sweeps begin them by themselves. */
export const noSweeps = {
  drift: 0,
  'backup-schedule': 0,
  retention: 0,
  verification: 0,
  credentials: 0,
  certificates: 0,
  discovery: 0,
  keys: 0,
  deprecation: 0,
} as const;

const silent = pino({ level: 'silent' });

/** The scheduler app on a fake installation. */
export const startScheduler = async (
  { control, databaseUrl, checkpoints }: FakeInstallation,
  url = queueUrl(),
  logger: Logger = silent,
): Promise<Closable & { readonly queues: Queues }> => {
  const queues = new Queues(url, queuePrefix(control.installation), () => undefined);
  const scheduler = new Scheduler({
    control,
    databaseUrl,
    queues,
    checkpoints,
    logger,
    sweepIntervals: noSweeps,
  });
  await scheduler.start();
  return {
    queues,
    close: async () => {
      await scheduler.close();
      await queues.close();
    },
  };
};

/** The worker app's processors on a fake installation: real queue, fake engines. */
export const startWorker = async (
  installation: FakeInstallation,
  options: Partial<RunnerOptions> = {},
  url = queueUrl(),
  app: OperationWorkerOptions['app'] = 'lifecycle-worker',
): Promise<Closable & { readonly runner: OperationRunner }> => {
  const shutdown = new AbortController();
  const runner = installation.runner(options);
  const queue = queueConnection(url, () => undefined);
  const module = OperationWorkerModule.register({
    app,
    run: (operationId, ...stops) => runner.run(operationId, ...stops),
    concurrency: () => 20,
    queue,
    shutdown: shutdown.signal,
    onQueueError: () => undefined,
    queuePrefix: queuePrefix(installation.control.installation),
  });
  const application = await NestFactory.createApplicationContext(module, { logger: false });
  return {
    runner,
    close: async () => {
      shutdown.abort(new Error('shutdown'));
      await application.close();
      queue.disconnect();
    },
  };
};
