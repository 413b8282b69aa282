import type { SealedObject, Sealing } from '../ports/backup-streams.js';
import { decompressor } from './codec.js';
import { filtered, FilterRefused } from './filter.js';
import { gathered } from './gathered.js';
import { corrupt, openChunks } from './sealed-chunks.js';
import { Tally } from './tally.js';

/** A decompressor gives 64 KB at a time. Each part that goes on costs the reader and the engine's call the same, whatever its size. */
const partBytes = 512 * 1024;

/** See BackupStreams.unseal. */
export async function* unseal(
  stored: AsyncIterable<Buffer>,
  sealing: Sealing,
  expected: SealedObject,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const [taken, clear] = [new Tally(), new Tally()];
  const opened = openChunks(taken.through(stored), sealing, expected.codec);
  try {
    const decompressed = filtered(opened, decompressor(expected.codec), signal);
    for await (const part of gathered(decompressed, partBytes)) {
      clear.add(part);
      // Before it is given out: what follows could be anything, without an end.
      if (clear.bytes > expected.clearBytes) throw corrupt('holds more than it should');
      yield part;
    }
  } catch (error) {
    throw error instanceof FilterRefused ? corrupt(`is no ${expected.codec}`, error) : error;
  }
  const found = { clearBytes: clear.bytes, clearSha256: clear.sha256() };
  const kept = { storedBytes: taken.bytes, storedSha256: taken.sha256() };
  for (const [name, value] of Object.entries({ ...kept, ...found })) {
    const wanted = expected[name as keyof SealedObject];
    if (value !== wanted) throw corrupt(`has ${name} ${String(value)} and not ${String(wanted)}`);
  }
}
