import type { Request } from 'express';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** A client that sends no byte for so long has gone. */
const idleMs = 5 * 60_000;

/**
 * The body of a request as it comes in, no faster than it is read. When its reader gives up, the rest is let go past, so that the client
 * can hear why. Errors: `invalid_request` for a body that breaks off.
 */
export async function* bytesOf(request: Request, signal: AbortSignal): AsyncGenerator<Buffer> {
  request.setTimeout(idleMs, () => request.destroy());
  const bytes = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      yield chunk;
    }
    if (!request.complete) throw brokenOff();
  } catch (error) {
    throw request.complete ? error : brokenOff(error);
  } finally {
    request.resume();
  }
}

const brokenOff = (cause?: unknown): HoldfastError =>
  new HoldfastError('invalid_request', 'The body broke off before its end.', { cause });
