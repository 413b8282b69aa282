import { buffer } from 'node:stream/consumers';
import type { ObjectStore, StoredObject } from '#engine/ports/object-store.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import type { BackupRow } from '#persistence/tables.js';
import type { SecretBox } from '../secrets/secret-box.js';
import { keyVersionOf } from './envelope.js';
import { readManifest, type OpenedManifest } from './manifest-file.js';

/** A manifest is some kB; whatever is larger is none. */
const largestManifestBytes = 1024 * 1024;

const readFile = async (store: ObjectStore, key: string, signal: AbortSignal): Promise<Buffer> => {
  const found = await store.find(key, signal);
  if (!found) throw new HoldfastError('backup_object_missing', `${store.description} has no ${key}.`);
  if (found.bytes > largestManifestBytes) throw new HoldfastError('backup_corrupt', `${key} is no manifest.`);
  return buffer(await store.get(key, signal));
};

/** Errors: `backup_corrupt`, `master_key_unknown`, `backup_object_missing`, those of the store. */
export const readManifestAt = async (
  store: ObjectStore,
  secrets: SecretBox,
  backupId: string,
  key: string,
  signal: AbortSignal,
): Promise<OpenedManifest> => readManifest(secrets, backupId, await readFile(store, key, signal));

/** The id that is in the manifest: a copy carries its original's. */
export const writtenId = ({ id, copy_of: copyOf }: Pick<BackupRow, 'id' | 'copy_of'>): string => copyOf ?? id;

/**
 * The manifest of a complete backup as its store has it. It must be the one that was recorded: an older one of the same backup, put back in
 * its place, is none. Errors: as readManifestAt.
 */
export const requireManifest = async (
  store: ObjectStore,
  secrets: SecretBox,
  backup: BackupRow,
  signal: AbortSignal,
): Promise<OpenedManifest> => {
  if (backup.manifest_key === null) throw new HoldfastError('backup_not_found', 'The backup is not complete.');
  const opened = await readRecorded(store, secrets, backup, backup.manifest_key, signal);
  const { object, startedAt } = opened.manifest;
  const recorded = backup.manifest;
  if (
    recorded?.object.clearSha256 !== object.clearSha256 ||
    recorded.object.storedSha256 !== object.storedSha256 ||
    recorded.startedAt !== startedAt
  )
    throw new HoldfastError('backup_corrupt', `The manifest in ${store.description} is not the one that was recorded.`);
  return opened;
};

/**
 * A key that is missing says nothing against a backup. That only its manifest names such a key, and not its row, does: what is in the store is
 * not what was written there, and would pass for whole for as long as nobody found the key that never was.
 */
const readRecorded = async (
  store: ObjectStore,
  secrets: SecretBox,
  backup: BackupRow,
  key: string,
  signal: AbortSignal,
): Promise<OpenedManifest> => {
  try {
    return await readManifestAt(store, secrets, writtenId(backup), key, signal);
  } catch (error) {
    if (!isHoldfastError(error, 'master_key_unknown')) throw error;
    const recorded = backup.envelope === null ? null : keyVersionOf(backup.envelope);
    const said = `The manifest of the backup ${backup.id} in ${store.description} cannot be opened: ${error.detail}`;
    if (recorded === null || !secrets.knows(recorded)) throw new HoldfastError('master_key_unknown', said);
    const is = `Version ${recorded} is what was recorded: it was changed, or sealed anew under a key that is gone.`;
    throw new HoldfastError('backup_corrupt', sentences(said, is), { cause: error });
  }
};

export const listBelow = async (store: ObjectStore, prefix: string, signal: AbortSignal): Promise<StoredObject[]> => {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix, signal)) found.push(object);
  return found;
};

/** Manifests first: what is left half removed is no backup any more. */
export const removeBelow = async (
  store: ObjectStore,
  prefix: string,
  signal: AbortSignal,
  keep: ReadonlySet<string> = new Set(),
): Promise<void> => {
  const keys = (await listBelow(store, prefix, signal)).map(({ key }) => key).filter((key) => !keep.has(key));
  const manifests = keys.filter((key) => key.endsWith('.json'));
  for (const key of [...manifests, ...keys.filter((one) => !one.endsWith('.json'))]) await store.remove(key, signal);
};
