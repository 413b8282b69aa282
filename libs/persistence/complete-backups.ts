import { sql } from 'kysely';
import type { Db } from './connection.js';

export interface ManifestPlace {
  readonly store: string;
  readonly manifest_key: string;
}

/** Where the manifest of each complete backup lies, copies too. Asks of the table no more than it had from the beginning: nothing may have migrated it. */
export const manifestPlaces = async (db: Db): Promise<readonly ManifestPlace[]> => {
  const { rows } = await sql<ManifestPlace>`
    select store, manifest_key from backups where status = 'complete' and manifest_key is not null`.execute(db);
  return rows;
};
