import type { Readable } from 'node:stream';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/**
 * The chunks of an answer's body. Errors: `backup_store_unreachable` when it ends before or after its length, or stands still; whatever the
 * stream throws.
 */
export async function* wholeBody(body: Readable, length: number | null, idleMs: number): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let bytes = 0;
  try {
    for (;;) {
      const next = await within(idleMs, chunks.next());
      if (next.done) break;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
  if (bytes === length) return;
  throw new HoldfastError(
    'backup_store_unreachable',
    `the body has ${bytes} bytes in place of ${length ?? 'a known number'}`,
  );
}

/** Only while the reader waits: one that takes its time for a chunk is no sign of a line that is down. */
const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new HoldfastError('backup_store_unreachable', `no byte of the body came for ${ms} ms`);
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
