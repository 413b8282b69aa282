import type { SealedObject, Sealing } from '../ports/backup-streams.js';
import { decompressor } from './codec.js';
import { filtered, FilterRefused } from './filter.js';
import { corrupt, openChunks } from './sealed-chunks.js';
import { Tally } from './tally.js';

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
    for await (const part of filtered(opened, decompressor(expected.codec), signal)) {
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
