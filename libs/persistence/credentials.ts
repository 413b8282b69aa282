import { sql } from 'kysely';
import type { PasswordState } from '#domain/credentials/password-state.js';
import type { Db, Tx } from './connection.js';
import { treeIndex } from './drift.js';
import type { CredentialRow, DatabaseRow } from './tables.js';

export interface NewCredential {
  readonly username: string;
  readonly passwordSealed: string;
  readonly ordinal?: number;
  readonly state?: PasswordState;
  readonly expiresAt?: Date | null;
}

export const insertCredentials = async (
  tx: Tx,
  databaseId: string,
  credentials: readonly NewCredential[],
): Promise<void> => {
  await tx
    .insertInto('credentials')
    .values(
      credentials.map(({ username, passwordSealed, ordinal = 1, state = 'current', expiresAt = null }) => ({
        database_id: databaseId,
        username,
        ordinal,
        state,
        password_sealed: passwordSealed,
        expires_at: expiresAt,
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

/**
 * Everything that hangs together with a database and is not deprovisioned: the databases that have one password. Until the transaction ends
 * nobody can add to them, because a request for a replica waits for the row of its source.
 */
export const lockTree = async (tx: Tx, id: string): Promise<readonly DatabaseRow[]> => {
  for (let known = 0; ;) {
    const ids = await treeIndex(tx, id);
    const { rows } = await sql<DatabaseRow>`
      SELECT * FROM databases WHERE id = ANY(${[...ids]}::uuid[]) AND status <> 'deprovisioned'
      ORDER BY id FOR NO KEY UPDATE`.execute(tx);
    if (rows.length === known) return rows;
    known = rows.length;
  }
};

/** The coming passwords take the place of the current ones, which go: Holdfast's own at once, the tenant's at `tenantUntil`. */
export const publishComing = async (
  tx: Tx,
  databaseIds: readonly string[],
  tenant: { readonly username: string; readonly until: Date },
  now: Date,
): Promise<void> => {
  const ids = [...databaseIds];
  await sql`
    UPDATE credentials c SET state = 'going',
      expires_at = CASE WHEN username = ${tenant.username} THEN ${tenant.until}::timestamptz ELSE ${now}::timestamptz END
    WHERE database_id = ANY(${ids}::uuid[]) AND state = 'current' AND EXISTS (SELECT FROM credentials n
      WHERE n.database_id = c.database_id AND n.username = c.username AND n.state = 'coming')`.execute(tx);
  await sql`UPDATE credentials SET state = 'current' WHERE database_id = ANY(${ids}::uuid[]) AND state = 'coming'`.execute(
    tx,
  );
};

/** What was never shown. */
export const forgetComing = async (tx: Tx, databaseIds: readonly string[]): Promise<void> => {
  await sql`DELETE FROM credentials WHERE database_id = ANY(${[...databaseIds]}::uuid[]) AND state = 'coming'`.execute(
    tx,
  );
};

/** Ends the time of passwords that were replaced: from `until` on they are no longer promised to work. */
export const endGrace = async (tx: Tx, databaseIds: readonly string[], until: Date): Promise<void> => {
  await sql`
    UPDATE credentials SET expires_at = ${until}
    WHERE database_id = ANY(${[...databaseIds]}::uuid[]) AND state = 'going' AND expires_at > ${until}`.execute(tx);
};

/** Passwords that have had their time. Returns how many there were, by user. */
export const forgetExpired = async (
  tx: Tx,
  databaseIds: readonly string[],
  now: Date,
): Promise<readonly { readonly database_id: string; readonly username: string }[]> => {
  const { rows } = await sql<{ database_id: string; username: string }>`
    DELETE FROM credentials
    WHERE database_id = ANY(${[...databaseIds]}::uuid[]) AND state = 'going' AND expires_at <= ${now}
    RETURNING database_id, username`.execute(tx);
  return rows;
};

/** When the last of a user's replaced passwords stops working; null when only the current one works. */
export const graceUntil = async (db: Db | Tx, databaseId: string, username: string): Promise<Date | null> => {
  const { rows } = await sql<{ until: Date | null }>`
    SELECT max(expires_at) AS until FROM credentials
    WHERE database_id = ${databaseId} AND username = ${username} AND state = 'going'`.execute(db);
  return rows[0]?.until ?? null;
};

/**
 * Databases that are ready and have passwords whose time is over, with no operation that sees to it, and none that failed to a while ago:
 * another one would not help either.
 */
export const databasesWithExpired = async (db: Db, now: Date): Promise<readonly string[]> => {
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT databases.id FROM credentials JOIN databases ON databases.id = database_id
    WHERE state = 'going' AND expires_at <= ${now} AND databases.status = 'provisioned' AND NOT EXISTS (
      SELECT FROM operations JOIN operation_targets target ON operation_id = operations.id
      WHERE target.database_id = databases.id AND kind IN ('rotate-credentials', 'retire-credentials')
        AND (NOT target.finished OR (operations.status = 'failed' AND operations.finished_at > now() - interval '10 minutes')))
    ORDER BY databases.id`.execute(db);
  return rows.map(({ id }) => id);
};
