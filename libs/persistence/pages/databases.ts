import { sql, type ExpressionBuilder } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { CredentialType, DatabaseStatus, DoorFollows } from '#domain/database/status.js';
import type { Mark } from '#domain/lifecycle/mark.js';
import type { Db, Tx } from '../connection.js';
import type { DatabaseRow, Tables } from '../tables.js';
import type { PageRequest } from './page.js';

/** A database with what hangs on it, in one round trip. */
export type DatabaseView = DatabaseRow & {
  readonly environment_name: string;
  readonly replicas: readonly { id: string }[];
  /** Own doors first, the plain one before the TLS one. */
  readonly doors: readonly DoorView[];
  readonly mark: MarkView | null;
  readonly exemption: ExemptionView | null;
  /** Those that upgrades have kept, oldest first. */
  readonly kept: readonly KeptView[];
  readonly own_certificate: OwnCertificateView | null;
};

/** Moments are texts: they come out of Postgres as JSON. */
interface MarkView {
  readonly lifecycle: Mark;
  readonly version: string;
  readonly marked_at: string;
}

interface ExemptionView {
  readonly reason: string;
  readonly ends_on: string;
  readonly granted_by: string;
  readonly granted_at: string;
}

interface KeptView {
  readonly incarnation: number;
  readonly version: string;
  readonly operation_id: string;
  readonly kept_at: string | null;
  readonly keep_until: string;
}

interface OwnCertificateView {
  readonly subject: string;
  readonly fingerprint256: string;
  readonly not_after: string;
}

const mark = sql<MarkView | null>`(SELECT to_jsonb(m) FROM lifecycle_marks m WHERE m.database_id = databases.id)`;
const exemption = sql<ExemptionView | null>`(SELECT to_jsonb(e) FROM lifecycle_exemptions e WHERE e.database_id = databases.id)`;

/** Never the whole row: that has the key. */
const ownCertificate = sql<OwnCertificateView | null>`(
  SELECT jsonb_build_object('subject', c.subject, 'fingerprint256', c.fingerprint256, 'not_after', c.not_after)
  FROM own_certificates c WHERE c.database_id = databases.id AND c.state = 'current')`;

export interface DoorView {
  readonly type: CredentialType;
  readonly follows: DoorFollows;
  readonly port: number;
  readonly allow: string[];
  readonly connection_limit: number | null;
  readonly idle_timeout_seconds: number | null;
  readonly bind_address: string | null;
}

/**
 * Its own doors, and the `primary` ones of its tree: they belong to the database that a chain of sources ends at. The chain is walked by
 * one look-up for each link (LIMIT); a join would read all databases, for each row of a page.
 */
const ofTree = sql<boolean>`(
  (doors.database_id = databases.id AND (doors.follows = 'database' OR databases.source_id IS NULL))
  OR (databases.source_id IS NOT NULL AND databases.status <> 'deprovisioned' AND doors.follows = 'primary' AND doors.database_id = (
    WITH RECURSIVE chain AS (
      SELECT databases.id, databases.source_id
      UNION ALL SELECT source.* FROM chain, LATERAL (SELECT d.id, d.source_id FROM databases d WHERE d.id = chain.source_id LIMIT 1) source
    ) SELECT chain.id FROM chain WHERE chain.source_id IS NULL)))`;

const doors = (e: ExpressionBuilder<Tables, 'databases'>) =>
  jsonArrayFrom(
    e
      .selectFrom('doors')
      .select([
        'doors.port',
        'doors.allow',
        'doors.connection_limit',
        'doors.idle_timeout_seconds',
        'doors.bind_address',
      ])
      .select((d) => [
        d.ref('doors.type').$castTo<CredentialType>().as('type'),
        d.ref('doors.follows').$castTo<DoorFollows>().as('follows'),
      ])
      .where(ofTree)
      .orderBy('doors.follows')
      .orderBy('doors.type'),
  );

const replicas = (e: ExpressionBuilder<Tables, 'databases'>) =>
  jsonArrayFrom(
    e
      .selectFrom('databases as replica')
      .select('replica.id')
      .whereRef('replica.source_id', '=', 'databases.id')
      .where('replica.status', '<>', 'deprovisioned')
      .orderBy('replica.id'),
  );

const kept = (e: ExpressionBuilder<Tables, 'databases'>) =>
  jsonArrayFrom(
    e
      .selectFrom('incarnations')
      .select(['incarnations.incarnation', 'incarnations.version', 'incarnations.operation_id'])
      .select((one) => one.ref('incarnations.kept_at').$castTo<string | null>().as('kept_at'))
      // None that is kept has no end.
      .select((one) => one.ref('incarnations.keep_until').$castTo<string>().as('keep_until'))
      .whereRef('incarnations.database_id', '=', 'databases.id')
      .where('incarnations.state', '=', 'kept')
      .orderBy('incarnations.kept_at', (order) => order.asc().nullsFirst())
      .orderBy('incarnations.incarnation'),
  );

const views = (db: Db | Tx) =>
  db
    .selectFrom('databases')
    .innerJoin('environments', 'environments.id', 'databases.environment_id')
    .selectAll('databases')
    .select('environments.name as environment_name')
    .select((e) => [doors(e).as('doors'), replicas(e).as('replicas'), kept(e).as('kept')])
    .select([mark.as('mark'), exemption.as('exemption'), ownCertificate.as('own_certificate')]);

export const viewDatabase = (db: Db | Tx, id: string): Promise<DatabaseView | undefined> =>
  views(db).where('databases.id', '=', id).executeTakeFirst();

export interface DatabaseFilter {
  readonly environmentId?: string | undefined;
  readonly status?: DatabaseStatus | undefined;
  readonly version?: string | undefined;
}

/** Oldest first; deprovisioned ones only when their status is asked for. */
export const pageDatabases = (db: Db, filter: DatabaseFilter, page: PageRequest): Promise<DatabaseView[]> => {
  let query = views(db).orderBy('databases.id').limit(page.limit);
  query = filter.status
    ? query.where('databases.status', '=', filter.status)
    : query.where('databases.status', '<>', 'deprovisioned');
  if (page.after !== undefined) query = query.where('databases.id', '>', page.after);
  if (filter.environmentId !== undefined) query = query.where('databases.environment_id', '=', filter.environmentId);
  if (filter.version !== undefined) query = query.where('databases.version', '=', filter.version);
  return query.execute();
};
