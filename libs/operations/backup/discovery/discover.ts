import type { ObjectStore, ObjectStores } from '#engine/ports/object-store.js';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import type { BackupFinding } from '#domain/backup/finding.js';
import { isHoldfastError, type HoldfastError } from '#domain/errors/holdfast-error.js';
import { knowsBackupIn } from '#persistence/backup-discovery.js';
import type { Control } from '../../control.js';
import { isManifestKey, placeOf, root } from '../location.js';
import { readManifestAt } from '../stored.js';
import { adoptBackup } from './adopt.js';

export interface Discovered {
  /** Manifests that were looked at. */
  readonly manifests: number;
  readonly adopted: readonly BackupFinding[];
  /** Under a master key that is not here, or not whole any more. */
  readonly unusable: readonly BackupFinding[];
  readonly unreachable: readonly BackupFinding[];
}

type Found = { manifests: number } & Record<'adopted' | 'unusable' | 'unreachable', BackupFinding[]>;

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
  const found: Found = { manifests: 0, adopted: [], unusable: [], unreachable: [] };
  for (const name of stores.names) {
    try {
      await discoverIn(control, name, stores.open(name), found, proceed, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      found.unreachable.push({
        ...{ code: 'store_unreachable', severity: 'notice', store: name, backupId: null, handle: null },
        found: whyOf(error),
      });
    }
  }
  return found;
};

const whyOf = ({ code, detail }: HoldfastError): string => `${code}: ${detail}`;

const isAway = (error: unknown): error is HoldfastError =>
  isHoldfastError(error, 'backup_store_unreachable') || isHoldfastError(error, 'backup_store_refused');

const discoverIn = async (
  control: Control,
  name: string,
  store: ObjectStore,
  found: Found,
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> => {
  for await (const { key } of store.list(root, signal)) {
    const place = isManifestKey(key) ? placeOf(key) : null;
    if (!place) continue;
    await proceed();
    found.manifests++;
    if (await knowsBackupIn(control.db, name, place.backupId)) continue;
    const one = await adopt(control, { name, store }, key, place, signal);
    found[one.code === 'backup_adopted' ? 'adopted' : 'unusable'].push(one);
  }
};

/** Not usable is one whose manifest cannot be opened, or whose data are not there. */
const adopt = async (
  control: Control,
  { name, store }: { name: string; store: ObjectStore },
  key: string,
  { backupId, prefix }: { backupId: string; prefix: string },
  signal: AbortSignal,
): Promise<BackupFinding> => {
  const about = { severity: 'notice', store: name, backupId } as const;
  try {
    const opened = await readManifestAt(store, control.secrets, backupId, key, signal);
    const { object, database } = opened.manifest;
    const { handle } = database;
    const bytes = (await store.find(object.key, signal))?.bytes ?? 0;
    if (bytes !== object.storedBytes) {
      const found = `${String(bytes)} of the ${String(object.storedBytes)} bytes of its data are there`;
      return { ...about, code: 'backup_unusable', handle, found };
    }
    const { id, copyOf } = await adoptBackup(control, { store: name, prefix, manifestKey: key }, opened);
    return { ...about, code: 'backup_adopted', backupId: id, handle, found: adoptedText(opened.manifest, copyOf) };
  } catch (error) {
    if (!isUnusable(error)) throw error;
    return { ...about, code: 'backup_unusable', handle: null, found: whyOf(error) };
  }
};

const isUnusable = (error: unknown): error is HoldfastError =>
  isHoldfastError(error, 'backup_corrupt') ||
  isHoldfastError(error, 'backup_object_missing') ||
  isHoldfastError(error, 'master_key_unknown');

const adoptedText = ({ kind, startedAt, installation }: BackupManifest, copyOf: string | null): string => {
  const what = copyOf === null ? kind : `copy of ${copyOf}`;
  return `${what}, taken ${startedAt} by the installation "${installation.name}"; held`;
};
