import type { ObjectStore, ObjectStores } from '#engine/ports/object-store.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { knowsBackupIn } from '#persistence/backup-discovery.js';
import type { Control } from '../../control.js';
import { isManifestKey, placeOf, root } from '../location.js';
import { readManifestAt } from '../stored.js';
import { adoptBackup } from './adopt.js';

export interface Discovered {
  /** Manifests that were looked at. */
  readonly manifests: number;
  readonly adopted: number;
  /** Under a master key that is not here, or not whole any more. */
  readonly unusable: number;
  readonly unreachable: readonly string[];
}

/**
 * Makes known what lies in the stores and is named by no row, of this installation or of any other whose master key is here: after Postgres was
 * lost, or on an empty machine, the stores and the master key are all there is. Repeating it changes nothing.
 */
export const discoverBackups = async (
  control: Control,
  stores: ObjectStores,
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<Discovered> => {
  const found = { manifests: 0, adopted: 0, unusable: 0, unreachable: [] as string[] };
  for (const name of stores.names) {
    try {
      await discoverIn(control, name, stores.open(name), found, proceed, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      found.unreachable.push(name);
    }
  }
  return found;
};

const isAway = (error: unknown): boolean =>
  isHoldfastError(error, 'backup_store_unreachable') || isHoldfastError(error, 'backup_store_refused');

const discoverIn = async (
  control: Control,
  name: string,
  store: ObjectStore,
  found: { manifests: number; adopted: number; unusable: number },
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  for await (const { key } of store.list(root, signal)) {
    const place = isManifestKey(key) ? placeOf(key) : null;
    if (!place) continue;
    await proceed();
    found.manifests++;
    if (await knowsBackupIn(control.db, name, place.backupId)) continue;
    const usable = await adopt(control, { name, store }, key, place, signal);
    found[usable ? 'adopted' : 'unusable']++;
  }
};

/** False when the manifest cannot be opened, or its data are not there. */
const adopt = async (
  control: Control,
  { name, store }: { name: string; store: ObjectStore },
  key: string,
  { backupId, prefix }: { backupId: string; prefix: string },
  signal: AbortSignal,
): Promise<boolean> => {
  try {
    const opened = await readManifestAt(store, control.secrets, backupId, key, signal);
    const { object } = opened.manifest;
    if ((await store.find(object.key, signal))?.bytes !== object.storedBytes) return false;
    await adoptBackup(control, { store: name, prefix, manifestKey: key }, opened);
    return true;
  } catch (error) {
    if (isHoldfastError(error, 'backup_corrupt') || isHoldfastError(error, 'backup_object_missing')) return false;
    if (isHoldfastError(error, 'master_key_unknown')) return false;
    throw error;
  }
};
