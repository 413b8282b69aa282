import { setTimeout as pause } from 'node:timers/promises';
import type { ReadableStream } from 'node:stream/web';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { isFinished } from '#domain/operation/state-machine.js';
import { answer } from '../api/client.js';
import type { LogLine, Operation, OperationStep } from '../api/documents.js';
import { unbroken } from '../api/unbroken.js';
import { Interrupted } from '../failure/interrupted.js';
import type { Session } from '../session.js';
import { readEvents, type StreamEvent } from './events.js';
import { Progress } from './progress.js';

const pollEveryMs = 1000;
const givesUpAfterMs = 60_000;

/**
 * Follows an operation to its end, whatever the end is, and says what it does. The live stream is taken up where it was
 * lost; as long as there is none, the operation is looked at each second.
 * Errors: `Interrupted` on Ctrl-C; `api_unreachable` when nothing answers for 60 s.
 */
export const follow = async (session: Session, operation: Operation): Promise<Operation> => {
  const progress = new Progress((line) => session.terminal.note(line));
  progress.begin(operation);
  try {
    const ended = await new Pursuit(session, operation.id, progress).toTheEnd();
    progress.end(ended);
    return ended;
  } catch (error) {
    if (!session.interrupted.aborted) throw error;
    throw new Interrupted(
      `The operation goes on without you. Follow it again: holdfast operation:follow ${operation.id}; cancel it: holdfast operation:cancel ${operation.id}`,
    );
  }
};

class Pursuit {
  private lastEventId: string | null = null;
  private lastAnswerAt = performance.now();

  constructor(
    private readonly session: Session,
    private readonly operationId: string,
    private readonly progress: Progress,
  ) {}

  async toTheEnd(): Promise<Operation> {
    for (;;) {
      await this.tolerate(() => this.stream());
      const operation = await this.tolerate(() => operationAt(this.session, this.operationId));
      operation?.steps.forEach((step) => this.progress.step(step));
      if (operation && isFinished(operation.status)) return operation;
      await pause(pollEveryMs, undefined, { signal: this.session.interrupted });
    }
  }

  /** Undefined while the API does not answer. */
  private async tolerate<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await call();
      this.lastAnswerAt = performance.now();
      return result;
    } catch (error) {
      const patient = performance.now() - this.lastAnswerAt < givesUpAfterMs;
      if (!isHoldfastError(error, 'api_unreachable') || !patient) throw error;
      return undefined;
    }
  }

  private async stream(): Promise<void> {
    const body = await answer(
      this.session.patientApi.GET('/v1/operations/{id}/log', {
        params: { path: { id: this.operationId } },
        headers: { accept: 'text/event-stream', ...(this.lastEventId && { 'last-event-id': this.lastEventId }) },
        parseAs: 'stream',
      }),
    );
    for await (const event of unbroken(readEvents(body as ReadableStream<Uint8Array>))) {
      this.lastEventId = event.id ?? this.lastEventId;
      if (event.name === 'end') return;
      this.show(event);
    }
  }

  private show({ name, data }: StreamEvent): void {
    if (name === 'step') this.progress.step(data as OperationStep);
    if (name === 'log') this.progress.log(data as LogLine);
  }
}

export const operationAt = (session: Session, id: string): Promise<Operation> =>
  answer(session.api.GET('/v1/operations/{id}', { params: { path: { id } } }));
