/**
 * The same chunks. Throws the signal's reason as soon as it is aborted, also while the body's next chunk does not come; the body is then
 * told to end, and not waited for.
 */
export async function* untilAborted(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const iterator = body[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      ended = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    ended = !signal.aborted;
    throw error;
  } finally {
    if (!ended) iterator.return?.().catch(() => undefined);
  }
}

/** The work's result, or the signal's reason when that comes first; the work then goes on unheard. */
export const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** An abort of its own that the caller's signal sets off too. `release` when the work has ended, or the signal would keep it. */
export const abortWith = (
  signal: AbortSignal,
): { readonly controller: AbortController; readonly release: () => void } => {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return { controller, release: () => signal.removeEventListener('abort', abort) };
};
