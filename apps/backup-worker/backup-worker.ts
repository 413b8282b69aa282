import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import type { Configuration } from '#configuration/configuration.js';
import { requireDatabaseUrl, requireQueueUrl } from '#configuration/required.js';
import { operationKindNames, operationKinds } from '#domain/operation/kinds.js';
import { openEngines } from '#engine/open-engines.js';
import type { Logger } from '#observability/logger.js';
import { withIdentifiedStores } from '#operations/backup/identified-stores.js';
import type { Control } from '#operations/control.js';
import { OperationRunner } from '#operations/run/operation-runner.js';
import { reachable, workerName } from '#operations/run/worker-name.js';
import { limitOperations } from '#persistence/operations/limits.js';
import { Listener } from '#persistence/listen.js';
import { OperationWorkerModule } from '#queue/operation-worker.module.js';
import { queuePrefix } from '#queue/prefix.js';
import { queueConnection } from '#queue/queues.js';

/** The worker app for what streams whole data sets: apart from the others, so that a large backup keeps no promotion from running. */
export class BackupWorker {
  private readonly shutdown = new AbortController();
  private application: INestApplicationContext | null = null;
  private readonly cancels: Listener;
  private readonly runner: OperationRunner;
  private readonly queue: ReturnType<typeof queueConnection>;

  constructor(
    private readonly configuration: Configuration,
    private readonly control: Control,
    private readonly logger: Logger,
  ) {
    this.runner = new OperationRunner({
      control,
      engines: withIdentifiedStores(control, openEngines(configuration)),
      worker: workerName(),
      leaseMs: configuration.leaseSeconds * 1000,
      memoryOvercommit: configuration.memoryOvercommit,
      edgeAddress: reachable(configuration.edgeAddress),
      onUnexpected: (error, operationId) =>
        logger.error({ err: error, operationId }, 'an operation met an unexpected error'),
    });
    this.queue = queueConnection(requireQueueUrl(configuration), (error) =>
      logger.warn({ err: error }, 'the queue does not answer; the worker waits for it'),
    );
    this.cancels = new Listener(
      requireDatabaseUrl(configuration),
      'holdfast_cancel',
      (id) => this.runner.cancelRequested(id),
      () => void this.declareLimits(),
    );
  }

  async start(): Promise<void> {
    await this.cancels.start();
    const module = OperationWorkerModule.register({
      app: 'backup-worker',
      run: (operationId, ...stops) => this.runner.run(operationId, ...stops),
      concurrency: () => this.configuration.backupConcurrency,
      shutdown: this.shutdown.signal,
      onQueueError: (error) => this.logger.warn({ err: error }, 'the queue reported an error'),
      queue: this.queue,
      queuePrefix: queuePrefix(this.configuration.installation),
    });
    this.application = await NestFactory.createApplicationContext(module, { logger: false });
  }

  /** For the relay and all workers; said again when Postgres was away. */
  private async declareLimits(): Promise<void> {
    const kinds = operationKindNames.filter((kind) => operationKinds[kind].app === 'backup-worker');
    await limitOperations(this.control.db, kinds, this.configuration.backupConcurrency).catch((error: unknown) =>
      this.logger.warn({ err: error }, 'the limit of operations was not recorded; the last one holds'),
    );
  }

  /** Operations in progress are released, so that another worker goes on at once. */
  async close(): Promise<void> {
    this.shutdown.abort(new Error('shutdown'));
    await this.application?.close();
    this.queue.disconnect();
    await this.cancels.close();
  }
}
