import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

export interface CertificateEnd {
  readonly id: string;
  readonly environment_id: string;
  readonly environment: string;
  readonly handle: string;
  readonly not_after: Date;
  /** Since when there is an alert; null when there is none. */
  readonly alert_since: Date | null;
  /** An operator has brought it: Holdfast cannot renew it. */
  readonly own: boolean;
  /** An operation renews it, or one that was to failed within the last hour: another one would not help either. */
  readonly seen_to: boolean;
}

/** Certificates of databases that are ready, the first to end first; those that end before a moment, when one is given. */
export const certificateEnds = async (db: Db | Tx, before: Date | null = null): Promise<readonly CertificateEnd[]> => {
  const { rows } = await sql<CertificateEnd>`
    SELECT databases.id, environment_id, environments.name AS environment, handle, certificate_not_after AS not_after,
      alert.since AS alert_since,
      EXISTS (SELECT FROM own_certificates own WHERE own.database_id = databases.id AND own.state = 'current') AS own,
      EXISTS (SELECT FROM operations JOIN operation_targets target ON operation_id = operations.id
        WHERE target.database_id = databases.id AND kind = 'renew-certificate' AND (NOT target.finished
          OR (operations.status = 'failed' AND operations.finished_at > now() - interval '1 hour'))) AS seen_to
    FROM databases JOIN environments ON environments.id = environment_id
    LEFT JOIN certificate_alerts alert ON alert.database_id = databases.id
    WHERE databases.status = 'provisioned' AND certificate_not_after IS NOT NULL
      AND (${before}::timestamptz IS NULL OR certificate_not_after <= ${before})
    ORDER BY certificate_not_after, databases.id`.execute(db);
  return rows;
};

/** False when there is one. */
export const raiseCertificateAlert = async (tx: Tx, databaseId: string, since: Date): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    INSERT INTO certificate_alerts (database_id, since) VALUES (${databaseId}, ${since}) ON CONFLICT DO NOTHING`.execute(
    tx,
  );
  return numAffectedRows === 1n;
};

export interface EndedAlert {
  readonly database_id: string;
  readonly environment_id: string;
}

/** Ends the alerts of databases whose certificate is good for longer than `before`, and of those that are not ready any more. */
export const endCertificateAlerts = async (tx: Tx, before: Date): Promise<readonly EndedAlert[]> => {
  const { rows } = await sql<EndedAlert>`
    DELETE FROM certificate_alerts alert USING databases
    WHERE databases.id = alert.database_id
      AND (databases.status <> 'provisioned' OR certificate_not_after IS NULL OR certificate_not_after > ${before})
    RETURNING databases.id AS database_id, databases.environment_id`.execute(tx);
  return rows;
};
