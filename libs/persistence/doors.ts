import { sql, type ExpressionBuilder } from 'kysely';
import type { DoorSettings } from '#domain/database/door-settings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { CredentialType, DatabaseStatus, DoorFollows } from '#domain/database/status.js';
import type { Db, Tx } from './connection.js';
import type { DoorRow, Tables } from './tables.js';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

type DoorSettingsRow = Pick<DoorRow, 'allow' | 'connection_limit' | 'idle_timeout_seconds' | 'bind_address'>;

export interface DoorRequest {
  readonly type: CredentialType;
  readonly follows: DoorFollows;
}

export interface TakenDoor extends DoorRequest, DoorSettingsRow {
  readonly port: number;
}

/** Makes every port of the range known, so that ports can be taken with SKIP LOCKED. Running twice adds nothing. */
export const ensurePorts = async (db: Db, range: PortRange): Promise<void> => {
  await sql`INSERT INTO doors (port) SELECT generate_series(${range.first}::integer, ${range.last}::integer) ON CONFLICT DO NOTHING`.execute(
    db,
  );
};

/** Takes one port for each door, the longest unused first. Returns them in the order of the request. Errors: `ports_exhausted`. */
export const takeDoors = async (
  tx: Tx,
  range: PortRange,
  databaseId: string,
  doors: readonly DoorRequest[],
): Promise<TakenDoor[]> => {
  const { rows } = await sql<{ place: string; port: number }>`
    WITH free AS (
      SELECT port FROM doors WHERE database_id IS NULL AND port BETWEEN ${range.first} AND ${range.last}
      ORDER BY released_at NULLS FIRST, port LIMIT ${doors.length} FOR UPDATE SKIP LOCKED
    ), numbered AS (SELECT port, row_number() OVER (ORDER BY port) AS place FROM free),
    wanted AS (SELECT * FROM unnest(${doors.map((door) => door.type)}::text[], ${doors.map((door) => door.follows)}::text[])
      WITH ORDINALITY AS wanted (type, follows, place))
    UPDATE doors SET database_id = ${databaseId}, type = wanted.type, follows = wanted.follows, released_at = NULL
    FROM numbered JOIN wanted USING (place) WHERE doors.port = numbered.port RETURNING place, doors.port`.execute(tx);
  if (rows.length < doors.length) {
    throw new HoldfastError('ports_exhausted', `Ports ${range.first} to ${range.last} are all in use.`);
  }
  const ports = new Map(rows.map(({ place, port }) => [Number(place), port]));
  return doors.map((door, index) => ({ ...door, ...unset, port: ports.get(index + 1) ?? 0 }));
};

/** What a port has that nobody set; releaseDoors leaves it so. */
const unset: DoorSettingsRow = { allow: [], connection_limit: null, idle_timeout_seconds: null, bind_address: null };

/** Gives the ports back, all or those that follow the primary; they go to the end of the line. */
export const releaseDoors = async (
  tx: Tx,
  databaseId: string,
  following: DoorFollows | 'any' = 'any',
): Promise<void> => {
  await sql`UPDATE doors SET database_id = NULL, type = NULL, follows = NULL, released_at = now(),
    allow = '{}', connection_limit = NULL, idle_timeout_seconds = NULL, bind_address = NULL
    WHERE database_id = ${databaseId} AND ${following} IN ('any', follows)`.execute(tx);
};

/** The plain ones of a database that has none any more. */
export const releasePlainDoors = async (tx: Tx, databaseId: string): Promise<void> => {
  await sql`UPDATE doors SET database_id = NULL, type = NULL, follows = NULL, released_at = now(),
    allow = '{}', connection_limit = NULL, idle_timeout_seconds = NULL, bind_address = NULL
    WHERE database_id = ${databaseId} AND type = 'redis'`.execute(tx);
};

/** Own doors first, the plain one before the TLS one. */
export const doorsOf = async (db: Db | Tx, databaseIds: readonly string[]): Promise<DoorRow[]> =>
  databaseIds.length === 0
    ? []
    : db
        .selectFrom('doors')
        .selectAll()
        .where('database_id', 'in', databaseIds)
        .orderBy('follows')
        .orderBy('type')
        .execute();

export const doorSettingsOf = (row: DoorSettingsRow): DoorSettings => ({
  allow: row.allow,
  connectionLimit: row.connection_limit,
  idleTimeoutSeconds: row.idle_timeout_seconds,
  bindAddress: row.bind_address,
});

/** Changes what is named at the doors of a database that fit, and wakes who brings it to the edge. Returns how many fitted. */
export const changeDoors = async (
  tx: Tx,
  databaseId: string,
  which: { readonly follows?: DoorFollows | undefined; readonly type?: CredentialType | undefined },
  { allow, connectionLimit, idleTimeoutSeconds, bindAddress }: Partial<DoorSettings>,
): Promise<number> => {
  const changes = {
    ...(allow !== undefined && { allow: [...allow] }),
    ...(connectionLimit !== undefined && { connection_limit: connectionLimit }),
    ...(idleTimeoutSeconds !== undefined && { idle_timeout_seconds: idleTimeoutSeconds }),
    ...(bindAddress !== undefined && { bind_address: bindAddress }),
  };
  let update = tx.updateTable('doors').set(changes).where('database_id', '=', databaseId);
  if (which.follows !== undefined) update = update.where('follows', '=', which.follows);
  if (which.type !== undefined) update = update.where('type', '=', which.type);
  const { numUpdatedRows } = await update.executeTakeFirst();
  await sql`SELECT pg_notify('holdfast_doors', ${databaseId})`.execute(tx);
  return Number(numUpdatedRows);
};

/** Ports that belong to a database, whatever its state. */
export const takenPorts = async (db: Db): Promise<number[]> => {
  const rows = await db.selectFrom('doors').select('port').where('database_id', 'is not', null).execute();
  return rows.map(({ port }) => port);
};

export interface DoorToServe extends DoorSettingsRow {
  readonly status: DatabaseStatus;
  readonly port: number;
  readonly type: CredentialType;
  readonly network_index: number;
  readonly address_index: number;
  /** An operation that has begun and not ended is about the database, or one has ended in the middle of a swap. */
  readonly held: boolean;
}

const held = (e: ExpressionBuilder<Tables, 'databases'>) =>
  e.or([
    e.exists(
      e
        .selectFrom('operation_targets')
        .select('operation_targets.operation_id')
        .whereRef('operation_targets.database_id', '=', 'databases.id')
        .where('operation_targets.active', '=', true),
    ),
    e.exists(
      e
        .selectFrom('incarnations')
        .select('incarnations.incarnation')
        .whereRef('incarnations.database_id', '=', 'databases.id')
        .where('incarnations.state', '=', 'successor'),
    ),
  ]);

/** Every door that must lead somewhere now: those of databases that are provisioned or about to be. What the edge is reconciled with. */
export const doorsToServe = (db: Db): Promise<DoorToServe[]> =>
  db
    .selectFrom('doors')
    .innerJoin('databases', 'databases.id', 'doors.database_id')
    .innerJoin('environments', 'environments.id', 'databases.environment_id')
    .where('databases.status', 'in', ['provisioning', 'provisioned'])
    .select(['doors.port', 'environments.network_index', 'databases.address_index', 'databases.status'])
    .select(['doors.allow', 'doors.connection_limit', 'doors.idle_timeout_seconds', 'doors.bind_address'])
    .select((e) => [e.ref('doors.type').$castTo<CredentialType>().as('type'), held(e).$castTo<boolean>().as('held')])
    .orderBy('doors.port')
    .execute();
