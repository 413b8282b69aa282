import type { Response } from 'express';

/** A signal that aborts when the client goes away before it has its answer. */
export const untilClosed = (response: Response): AbortSignal => {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
};
