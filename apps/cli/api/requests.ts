import { randomUUID } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { Interrupted } from '../failure/interrupted.js';

export interface RequestLimits {
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** Deadline of one request with its whole answer; null leaves it to the 300 s that Node waits for the next bytes. */
  readonly answersWithinMs: number | null;
}

/** Sends requests so that none is done twice. */
export class Requests {
  constructor(private readonly limits: RequestLimits) {}

  /** Errors: `api_unreachable`, `Interrupted`. */
  async send(request: Request): Promise<Response> {
    const { interrupted, answersWithinMs } = this.limits;
    const deadline = answersWithinMs === null ? [] : [AbortSignal.timeout(answersWithinMs)];
    try {
      return await sendSafely(request, AbortSignal.any([interrupted, ...deadline]));
    } catch (cause) {
      if (interrupted.aborted) throw new Interrupted();
      const reason = deadline[0]?.aborted ? 'it took too long' : reasonOf(cause);
      throw new HoldfastError('api_unreachable', `No answer from ${new URL(request.url).origin}: ${reason}.`, {
        cause,
      });
    }
  }
}

/** A lost connection is tried once more: a POST under the same Idempotency-Key, so that the API recognises it. */
const sendSafely = async (request: Request, signal: AbortSignal): Promise<Response> => {
  if (request.method === 'POST') request.headers.set('idempotency-key', randomUUID());
  // A DELETE whose answer was lost would be told that there is no such thing.
  if (request.method === 'DELETE') return fetch(request, { signal });
  // A stream is gone once it was sent, and keeping a copy of it would hold it in memory.
  if (request.headers.get('content-type') === 'application/octet-stream') return fetch(request, { signal });
  const again = request.clone();
  try {
    return await fetch(request, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return fetch(again, { signal });
  }
};

const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
  return cause?.code ?? cause?.message ?? message;
};
