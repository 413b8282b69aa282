import type { DatabaseRole } from '#domain/database/status.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { auditEvent } from '../requests/audit.js';
import type { AttemptContext } from '../run/context.js';

/** The history of each database that a promotion or an unlink touches says what it is now, and which operation made it so. */
export const auditRole = (
  { control, operation }: AttemptContext,
  tx: Tx,
  { id, environment_id: environmentId, role }: DatabaseRow,
  to: DatabaseRole,
): Promise<void> => {
  const subject = { environmentId, databaseId: id, operationId: operation.id };
  const detail = { from: role, to };
  return appendAudit(tx, auditEvent(control.now(), operation.requested_by, 'database.role-changed', subject, detail));
};
