import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints } from '#observability/fault-points.js';
import { findBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { requireBackup } from './load.js';
import { withSecondRead } from './second-read.js';
import { requireManifest } from './stored.js';
import { once } from './take.js';

/** The same bytes in another store, manifest last. Errors: `backup_corrupt` when the original is not what it was, those of both stores. */
export const copyObjects = (context: AttemptContext, copy: BackupRow): Promise<void> =>
  withSecondRead(context, () => copyOnce(context, copy));

const copyOnce = async (context: AttemptContext, copy: BackupRow): Promise<void> => {
  const { control, engines, signal } = context;
  const originalId = copy.copy_of ?? '';
  const original = requireBackup(await findBackup(control.db, originalId), originalId);
  const [from, to] = [engines.stores.open(original.store), engines.stores.open(copy.store)];
  const { manifest } = await requireManifest(from, control.secrets, original, signal);
  const { key, storedSha256 } = manifest.object;
  await context.log('info', `Copying ${manifest.object.storedBytes} bytes to ${to.description}.`);
  await to.put(key, hashed(await from.get(key, signal), storedSha256), signal);
  await faultPoints.reached('backup:data-stored');
  const file = await buffer(await from.get(original.manifest_key ?? '', signal));
  await to.put(original.manifest_key ?? '', once(file), signal);
  await faultPoints.reached('backup:manifest-stored');
};

/** Throws in place of its end when the bytes are others. */
const hashed = async function* (body: AsyncIterable<Buffer>, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw new HoldfastError('backup_corrupt', 'The stored bytes were changed.');
};
