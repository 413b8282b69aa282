import { storeGone } from '#domain/backup/store-gone.js';
import { backupsInStores, purgedWith } from '#persistence/backups.js';
import type { Db, Tx } from '#persistence/connection.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';

/** Errors: `backup_store_unknown` when the file no longer names the store that the backup lies in. */
export const requireNamedStore = ({ backupStores }: Control, { store, status }: BackupRow): void => {
  if (status !== 'purged' && !backupStores.includes(store)) throw storeGone(store);
};

/** The same of its copies too, which a purge removes with it. */
export const requireNamedStores = async (control: Control, db: Db | Tx, backup: BackupRow): Promise<void> => {
  for (const one of await purgedWith(db, backup)) requireNamedStore(control, one);
};

/** Stores that hold backups and that the file does not name. */
export const unnamedStores = async ({
  db,
  backupStores,
}: Control): Promise<readonly { readonly store: string; readonly backups: number }[]> =>
  (await backupsInStores(db)).filter(({ store }) => !backupStores.includes(store));
