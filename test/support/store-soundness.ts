import type { ObjectStore, ObjectStores } from '#engine/ports/object-store.js';
import { installationPrefix } from '#operations/backup/location.js';
import { tidyStores } from '#operations/backup/retention/tidy-stores.js';
import { listBelow, requireManifest } from '#operations/backup/stored.js';
import type { Control } from '#operations/control.js';
import { findInstallation } from '#persistence/installation.js';
import type { BackupRow } from '#persistence/tables.js';

export interface LookedStores {
  readonly control: Control;
  readonly stores: ObjectStores;
}

/** Longer than what is half stored is left alone. */
const laterMs = 2 * 86_400_000;

/**
 * What the rows and the stores must be once nothing runs any more: below this installation's prefix lie the objects of complete backups and
 * none besides, each manifest is that of its row, and after the sweep of the next days nothing is left that was half stored.
 */
export const storeComplaints = async (looked: LookedStores): Promise<string[]> => {
  const { control, stores } = looked;
  const signal = AbortSignal.timeout(30_000);
  const rows = await control.db.selectFrom('backups').selectAll().execute();
  const installation = await findInstallation(control.db);
  if (!installation) return ['there is no installation'];
  const prefix = installationPrefix(installation.id);
  const found = await Promise.all(
    stores.names.map(async (name) => {
      const own = rows.filter(({ store, status }) => store === name && status === 'complete');
      return objectComplaints(control, stores.open(name), own, prefix, signal);
    }),
  );
  return [...(await rowComplaints(control)), ...found.flat(), ...(await halfComplaints(looked, signal))];
};

/** What the sweeps of the days to come remove. */
export const sweepStores = async ({ control, stores }: LookedStores): Promise<void> => {
  const later = { ...control, now: () => new Date(Date.now() + laterMs) };
  await tidyStores(later, stores, () => Promise.resolve(), AbortSignal.timeout(30_000));
};

const rowComplaints = async ({ db }: Control): Promise<string[]> => {
  const abandoned = await db
    .selectFrom('backups')
    .innerJoin('operations', 'operations.id', 'backups.operation_id')
    .select(['backups.id', 'operations.status'])
    .where('backups.status', '=', 'running')
    .where('operations.status', 'in', ['succeeded', 'failed', 'cancelled'])
    .execute();
  return abandoned.map(({ id, status }) => `the backup ${id} is running, and its operation ${status}`);
};

const objectComplaints = async (
  { secrets }: Control,
  store: ObjectStore,
  complete: readonly BackupRow[],
  prefix: string,
  signal: AbortSignal,
): Promise<string[]> => {
  const found = new Map((await listBelow(store, prefix, signal)).map((object) => [object.key, object.bytes]));
  const complaints: string[] = [];
  for (const backup of complete) {
    const { id, manifest_key: manifestKey, manifest } = backup;
    try {
      await requireManifest(store, secrets, backup, signal);
    } catch (error) {
      complaints.push(`the manifest of the backup ${id}: ${String(error)}`);
    }
    const bytes = found.get(manifest?.object.key ?? '');
    if (bytes !== manifest?.object.storedBytes)
      complaints.push(`the object of the backup ${id} has ${bytes} bytes, not ${manifest?.object.storedBytes}`);
    for (const key of [manifestKey, manifest?.object.key]) found.delete(key ?? '');
  }
  return [...complaints, ...[...found.keys()].map((key) => `${key} in ${store.description} belongs to no backup`)];
};

const halfComplaints = async (looked: LookedStores, signal: AbortSignal): Promise<string[]> => {
  await sweepStores(looked);
  const left = await Promise.all(
    looked.stores.names.map((name) =>
      looked.stores.open(name).removeUnfinished('', new Date(Date.now() + laterMs), signal),
    ),
  );
  return left.flatMap((count, index) => (count > 0 ? [`${count} half stored in ${looked.stores.names[index]}`] : []));
};
