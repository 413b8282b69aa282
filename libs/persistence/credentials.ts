import type { Db, Tx } from './connection.js';
import type { CredentialRow } from './tables.js';

export const insertCredentials = async (
  tx: Tx,
  databaseId: string,
  credentials: readonly { username: string; passwordSealed: string; ordinal?: number }[],
): Promise<void> => {
  await tx
    .insertInto('credentials')
    .values(
      credentials.map(({ username, passwordSealed, ordinal = 1 }) => ({
        database_id: databaseId,
        username,
        ordinal,
        password_sealed: passwordSealed,
      })),
    )
    .execute();
};

/** Oldest first. */
export const credentialsOf = (db: Db | Tx, databaseId: string): Promise<CredentialRow[]> =>
  db
    .selectFrom('credentials')
    .selectAll()
    .where('database_id', '=', databaseId)
    .orderBy('username')
    .orderBy('ordinal')
    .execute();
