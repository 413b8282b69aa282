import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Codec, SealedObject, Sealing } from '../ports/backup-streams.js';
import { compressor } from './codec.js';
import { filtered, FilterRefused } from './filter.js';
import { sealChunks } from './sealed-chunks.js';
import { Tally } from './tally.js';

/** See BackupStreams.seal. */
export const seal = async (
  codec: Codec,
  body: AsyncIterable<Buffer>,
  sealing: Sealing,
  store: (stored: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<SealedObject> => {
  signal.throwIfAborted();
  const [clear, stored] = [new Tally(), new Tally()];
  const over = new AbortController();
  const forward = () => over.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  const compressed = filtered(clear.through(body), compressor(codec), over.signal);
  const sealed = stored.through(sealChunks(compressed, sealing, codec));
  try {
    const ending = { whole: false };
    await store(untilEnd(sealed, ending));
    signal.throwIfAborted();
    if (!ending.whole) throw new HoldfastError('internal_error', 'The store took part of a backup only');
  } catch (error) {
    throw error instanceof FilterRefused
      ? new HoldfastError('internal_error', `${codec} failed to compress`, { cause: error })
      : error;
  } finally {
    signal.removeEventListener('abort', forward);
    // A store that gave up may still wait for the next bytes, or never have asked for them.
    over.abort();
    await sealed.return(undefined).catch(() => undefined);
  }
  return {
    codec,
    clearBytes: clear.bytes,
    clearSha256: clear.sha256(),
    storedBytes: stored.bytes,
    storedSha256: stored.sha256(),
  };
};

async function* untilEnd(body: AsyncIterable<Buffer>, ending: { whole: boolean }): AsyncGenerator<Buffer> {
  yield* body;
  ending.whole = true;
}
