import { auditBody, type AuditEvent } from '#domain/audit/event.js';
import type { Tx } from '../connection.js';

/** Adds entries to the history in the transaction of the change that they record; no commit without them. */
export const appendAudit = async (tx: Tx, ...events: readonly AuditEvent[]): Promise<void> => {
  if (events.length === 0) return;
  await tx
    .insertInto('audit_intake')
    .values(events.map((event) => ({ body: auditBody(event) })))
    .execute();
};
