import { auditBody, type AuditEvent } from '#domain/audit/event.js';
import { sql } from 'kysely';
import type { Tx } from '../connection.js';

/** Adds entries to the history in the transaction of the change that they record; no commit without them. */
export const appendAudit = async (tx: Tx, ...events: readonly AuditEvent[]): Promise<void> => {
  if (events.length === 0) return;
  // One text for any number of entries: each other text would be prepared, and kept, by itself.
  await sql`INSERT INTO audit_intake (body) SELECT unnest(${events.map(auditBody)}::text[])`.execute(tx);
};
