import { BullModule } from '@nestjs/bullmq';
import { Module, type DynamicModule } from '@nestjs/common';
import type { queueConnection } from '#queue/queues.js';
import { sweepKinds, type SweepKind } from '#domain/drift/sweep.js';
import { sweepQueueName } from '#queue/sweep-queue.js';
import { processorFor } from './processor.js';

export interface SweepWorkerOptions {
  /** It is time for a sweep of the kind. */
  readonly due: (kind: SweepKind) => Promise<void>;
  /** Whoever opened it closes it, after the module. */
  readonly queue: ReturnType<typeof queueConnection>;
  readonly queuePrefix: string;
}

@Module({})
export class SweepWorkerModule {
  static register({ due, queue, queuePrefix }: SweepWorkerOptions): DynamicModule {
    return {
      module: SweepWorkerModule,
      imports: [
        BullModule.forRoot({ connection: queue, prefix: queuePrefix }),
        BullModule.registerQueue(...sweepKinds.map((kind) => ({ name: sweepQueueName(kind) }))),
      ],
      providers: sweepKinds.map((kind) => processorFor(kind, due)),
    };
  }
}
