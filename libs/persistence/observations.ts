import { sql } from 'kysely';
import type { Finding } from '#domain/drift/finding.js';
import type { ContainerState } from '#domain/drift/server-state.js';
import type { Db, Tx } from './connection.js';

/** What a server said of itself. Offsets are bytes of the replication stream. */
export interface ServerDocument {
  readonly role: 'primary' | 'replica';
  readonly sourceAddress: string | null;
  /** Null of a primary. */
  readonly link: 'up' | 'copying' | 'down' | null;
  readonly lagBytes: number | null;
  /** Since it last heard from its source. */
  readonly lagSeconds: number | null;
  readonly offset: number;
  readonly historyIds: readonly string[];
  readonly followers: number;
  readonly memoryBytes: number;
  readonly maxMemoryBytes: number;
  readonly clients: number;
  readonly keys: number;
  readonly uptimeSeconds: number;
  readonly persistence: {
    readonly saving: boolean;
    /** Null when that is switched off. */
    readonly lastSaveSucceeded: boolean | null;
    readonly lastSaveAt: string | null;
    readonly changesSinceSave: number;
    readonly lastAppendSucceeded: boolean | null;
  };
}

export interface ObservationDocument {
  readonly container: ContainerState['state'] | 'missing' | 'unknown';
  readonly answers: boolean;
  /** From `answered_at`; null when the server never answered. */
  readonly server: ServerDocument | null;
}

export interface Observation {
  readonly databaseId: string;
  readonly at: Date;
  readonly document: ObservationDocument;
  readonly findings: readonly Finding[];
}

export interface ObservationRow {
  readonly database_id: string;
  readonly at: Date;
  readonly answered_at: Date | null;
  readonly document: ObservationDocument;
  readonly findings: readonly Finding[];
}

export const findObservation = async (db: Db | Tx, databaseId: string): Promise<ObservationRow | undefined> =>
  (await sql<ObservationRow>`SELECT * FROM observations WHERE database_id = ${databaseId}`.execute(db)).rows[0];

/**
 * The newest wins. Of a server that does not answer, the figures of its last answer stay: after a failover they are all that is known of it.
 */
export const saveObservations = async (db: Db, observations: readonly Observation[]): Promise<void> => {
  if (observations.length === 0) return;
  const rows = observations.map(({ databaseId, at, document, findings }) => ({
    ...{ database_id: databaseId, at, document, findings },
    answered_at: document.answers ? at : null,
  }));
  await sql`
    INSERT INTO observations (database_id, at, answered_at, document, findings)
    SELECT seen.* FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS seen (database_id uuid, at timestamptz, answered_at timestamptz, document jsonb, findings jsonb)
    ON CONFLICT (database_id) DO UPDATE SET at = excluded.at, findings = excluded.findings,
      answered_at = coalesce(excluded.answered_at, observations.answered_at),
      document = CASE WHEN excluded.answered_at IS NULL THEN observations.document || (excluded.document - 'server') ELSE excluded.document END
    WHERE observations.at <= excluded.at`.execute(db);
};

/** Asks a worker to look at the database now, and later tells that it did. */
export const askForLook = async (db: Db, databaseId: string): Promise<void> => {
  await sql`SELECT pg_notify('holdfast_look', ${databaseId})`.execute(db);
};

export const announceLook = async (db: Db, databaseId: string): Promise<void> => {
  await sql`SELECT pg_notify('holdfast_observed', ${databaseId})`.execute(db);
};

export interface Lag {
  readonly handle: string;
  readonly environment: string;
  readonly bytes: number | null;
  readonly seconds: number | null;
}

/** Of all replicas that were looked at. */
export const replicaLags = async (db: Db): Promise<readonly Lag[]> => {
  const { rows } = await sql<Lag>`
    SELECT databases.handle, environments.name AS environment,
      (document -> 'server' ->> 'lagBytes')::float8 AS bytes, (document -> 'server' ->> 'lagSeconds')::float8 AS seconds
    FROM observations JOIN databases ON databases.id = database_id JOIN environments ON environments.id = environment_id
    WHERE databases.role = 'replica' AND databases.status = 'provisioned'`.execute(db);
  return rows;
};
