import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from '#observability/logger.js';
import type { Configuration } from '#configuration/configuration.js';
import { openEngines } from '#engine/open-engines.js';
import { withIdentifiedStores } from '#operations/backup/identified-stores.js';
import type { Control } from '#operations/control.js';
import { requireDatabaseUrl, requireQueueUrl } from '#configuration/required.js';
import { OperationRunner } from '#operations/run/operation-runner.js';
import { reachable, workerName } from '#operations/run/worker-name.js';
import { Listener } from '#persistence/listen.js';
import { OperationWorkerModule } from '#queue/operation-worker.module.js';
import { queuePrefix } from '#queue/prefix.js';
import { queueConnection } from '#queue/queues.js';
import { discardDuty } from './discard-duty.js';
import { edgeDuty } from './edge-duty.js';
import { networkDuty } from './network-duty.js';
import { Upkeep } from './upkeep.js';

/** The worker app: takes operations from the queues and runs them against Docker and Redis. */
export class LifecycleWorker {
  private readonly shutdown = new AbortController();
  private application: INestApplicationContext | null = null;
  private readonly upkeep: Upkeep;
  private readonly cancels: Listener;
  private readonly doorChanges: Listener;
  private readonly runner: OperationRunner;
  private readonly queue: ReturnType<typeof queueConnection>;

  constructor(
    private readonly configuration: Configuration,
    control: Control,
    private readonly logger: Logger,
  ) {
    const engines = withIdentifiedStores(control, openEngines(configuration));
    this.runner = new OperationRunner({
      control,
      engines,
      worker: workerName(),
      leaseMs: configuration.leaseSeconds * 1000,
      memoryOvercommit: configuration.memoryOvercommit,
      edgeAddress: reachable(configuration.edgeAddress),
      onUnexpected: (error, operationId) =>
        logger.error({ err: error, operationId }, 'an operation met an unexpected error'),
    });
    const duties = [edgeDuty(control, engines.edge), networkDuty(control, engines.containers), discardDuty(control)];
    this.upkeep = new Upkeep(duties, logger);
    this.doorChanges = new Listener(
      requireDatabaseUrl(configuration),
      'holdfast_doors',
      () => this.upkeep.wake(),
      () => this.upkeep.wake(),
    );
    this.queue = queueConnection(requireQueueUrl(configuration), (error) =>
      logger.warn({ err: error }, 'the queue does not answer; the worker waits for it'),
    );
    this.cancels = new Listener(requireDatabaseUrl(configuration), 'holdfast_cancel', (id) =>
      this.runner.cancelRequested(id),
    );
  }

  async start(): Promise<void> {
    this.upkeep.start();
    await this.cancels.start();
    await this.doorChanges.start();
    const module = OperationWorkerModule.register({
      app: 'lifecycle-worker',
      run: (operationId, ...stops) => this.runner.run(operationId, ...stops),
      concurrency: () => this.configuration.workerConcurrency,
      shutdown: this.shutdown.signal,
      onQueueError: (error) => this.logger.warn({ err: error }, 'the queue reported an error'),
      queue: this.queue,
      queuePrefix: queuePrefix(this.configuration.installation),
    });
    this.application = await NestFactory.createApplicationContext(module, { logger: false });
  }

  /** Operations in progress are released, so that another worker goes on at once. */
  async close(): Promise<void> {
    this.shutdown.abort(new Error('shutdown'));
    await this.application?.close();
    this.queue.disconnect();
    await this.cancels.close();
    await this.doorChanges.close();
    await this.upkeep.close();
  }
}
