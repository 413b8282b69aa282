import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Type } from '@nestjs/common';
import type { Job } from 'bullmq';
import { sweepPayloadSchema } from '#contracts/operation-requests.js';
import type { SweepKind } from '#domain/drift/sweep.js';
import { sweepQueueName } from '#queue/sweep-queue.js';

/** The processor of a queue's wake-ups: whether it is time for a sweep is in the rows. */
export const processorFor = (kind: SweepKind, due: (kind: SweepKind) => Promise<void>): Type<WorkerHost> => {
  @Processor(sweepQueueName(kind), { concurrency: 1 })
  class SweepProcessor extends WorkerHost {
    override async process(job: Job<unknown>, _token?: string, _signal?: AbortSignal): Promise<void> {
      sweepPayloadSchema.parse(job.data);
      await due(kind);
    }
  }
  return SweepProcessor;
};
