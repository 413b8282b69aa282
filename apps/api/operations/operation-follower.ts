import type { Response } from 'express';
import type { Operation } from '#contracts/http/operations.js';
import { isFinished } from '#domain/operation/state-machine.js';
import { isStoreUnreachable, type Db } from '#persistence/connection.js';
import { logOf } from '#persistence/operations/read.js';
import { EventStream } from './event-stream.js';
import type { OperationFeed } from './operation-feed.js';
import { showOperation, toLogLine } from './operation-view.js';

const linesAtOnce = 500;

/** What a client has been told so far. */
interface Told {
  lastLogId: string;
  steps: string[];
  operation: string;
}

/** Streams an operation as it goes on: `log`, `step` and `operation` events, and `end` with the operation when it has ended. */
export class OperationFollower {
  constructor(
    private readonly db: Db,
    private readonly feed: OperationFeed,
  ) {}

  async follow(operationId: string, lastEventId: string | undefined, response: Response): Promise<void> {
    const watch = this.feed.watch(operationId);
    const stream = new EventStream(response, () => watch.close());
    const told: Told = { lastLogId: logId(lastEventId), steps: [], operation: '' };
    try {
      while (await watch.next()) {
        const operation = await this.tell(operationId, stream, told);
        if (operation === null || !isFinished(operation.status)) continue;
        return await stream.send('end', operation);
      }
    } finally {
      watch.close();
      stream.end();
    }
  }

  /** Sends what is new. Null when Postgres is away: the stream stays open and the next look comes by itself. */
  private async tell(operationId: string, stream: EventStream, told: Told): Promise<Operation | null> {
    try {
      // Read before the log: whatever an operation that has ended wrote is then there to be read.
      const operation = await showOperation(this.db, operationId);
      await this.tellLog(operationId, stream, told);
      await tellOperation(operation, stream, told);
      return operation;
    } catch (error) {
      if (isStoreUnreachable(error)) return null;
      throw error;
    }
  }

  private async tellLog(operationId: string, stream: EventStream, told: Told): Promise<void> {
    for (;;) {
      const rows = await logOf(this.db, operationId, told.lastLogId, linesAtOnce);
      for (const row of rows) {
        await stream.send('log', toLogLine(row), row.id);
        told.lastLogId = row.id;
      }
      if (rows.length < linesAtOnce || !stream.isOpen) return;
    }
  }
}

const tellOperation = async (operation: Operation, stream: EventStream, told: Told): Promise<void> => {
  for (const [index, step] of operation.steps.entries()) {
    const text = JSON.stringify(step);
    if (told.steps[index] === text) continue;
    await stream.send('step', step);
    told.steps[index] = text;
  }
  const text = JSON.stringify({ ...operation, steps: [] });
  if (told.operation === text) return;
  await stream.send('operation', operation);
  told.operation = text;
};

const logId = (lastEventId: string | undefined): string =>
  lastEventId !== undefined && /^\d{1,18}$/.test(lastEventId) ? lastEventId : '0';
