import { BullModule, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { ConnectionOptions, Job } from 'bullmq';
import { jobPayloadSchema } from '#contracts/operation-requests.js';
import {
  operationKindNames,
  operationKinds,
  type OperationKind,
  type OperationKindEntry,
} from '#domain/operation/kinds.js';
import type { Outcome } from '#domain/operation/outcome.js';
import { faultPoints } from '#observability/fault-points.js';
import { toJobResult } from './outcome.js';
import type { queueConnection } from './queues.js';

export interface OperationWorkerOptions {
  readonly app: OperationKindEntry['app'];
  /** One attempt of an operation; each of the signals releases it. */
  readonly run: (operationId: string, ...stops: readonly AbortSignal[]) => Promise<Outcome>;
  /** How many of one kind run at a time. */
  readonly concurrency: (kind: OperationKind) => number;
  readonly shutdown: AbortSignal;
  /** Told what the queue's client reports, such as a job that was gone when it had been done: the row in Postgres does not mind. */
  readonly onQueueError: (error: Error) => void;
  /** Whoever opened it closes it, after the module. */
  readonly queue: ReturnType<typeof queueConnection>;
  readonly queuePrefix: string;
}

/** One queue and one processor for each kind of the job catalogue that belongs to an app. */
@Module({})
export class OperationWorkerModule {
  static register(options: OperationWorkerOptions): DynamicModule {
    const kinds = operationKindNames.filter((kind) => operationKinds[kind].app === options.app);
    const connection = options.queue as ConnectionOptions;
    return {
      module: OperationWorkerModule,
      imports: [
        BullModule.forRoot({ connection, prefix: options.queuePrefix }),
        BullModule.registerQueue(...kinds.map((name) => ({ name }))),
      ],
      providers: kinds.map((kind) => processorFor(kind, options)),
    };
  }
}

/** Parse, run, map the outcome. BullMQ hands out its signal only to a method that names all three parameters. */
const processorFor = (
  kind: OperationKind,
  { run, concurrency, shutdown, onQueueError }: OperationWorkerOptions,
): Type<WorkerHost> => {
  @Processor(kind, { concurrency: concurrency(kind) })
  class KindProcessor extends WorkerHost {
    override async process(job: Job<unknown>, _token?: string, signal?: AbortSignal): Promise<Outcome> {
      const { operationId } = jobPayloadSchema.parse(job.data);
      await faultPoints.reached(`${kind}:woken`);
      return toJobResult(await run(operationId, shutdown, ...(signal ? [signal] : [])));
    }

    @OnWorkerEvent('error')
    failed(error: Error): void {
      onQueueError(error);
    }
  }
  return KindProcessor;
};
