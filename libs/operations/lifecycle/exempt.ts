import type { ExemptionRequest } from '#contracts/lifecycle-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { dayOf } from '#domain/lifecycle/mark.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { lockDatabase } from '#persistence/databases.js';
import { findExemption, removeExemption, writeExemption } from '#persistence/lifecycle-exemptions.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';

/** Lets a database off; the next sweep takes its mark. The same again changes nothing. Errors: `database_not_ready`, `invalid_request`. */
export const exemptDatabase = async (
  control: Control,
  tx: Tx,
  actor: string,
  { id, handle }: DatabaseRow,
  { reason, endsOn }: ExemptionRequest,
): Promise<void> => {
  const now = control.now();
  requireAhead(endsOn, now);
  const database = await lockDatabase(tx, id, 'no key update');
  if (!database || database.status === 'deprovisioned') {
    throw new HoldfastError('database_not_ready', `"${handle}" is deprovisioned.`);
  }
  const before = await findExemption(tx, id);
  if (before?.reason === reason && before.ends_on === endsOn) return;
  await writeExemption(tx, id, { reason, ends_on: endsOn, granted_by: actor, granted_at: now });
  const detail = { reason, endsOn, before: before ? { reason: before.reason, endsOn: before.ends_on } : null };
  const subject = { environmentId: database.environment_id, databaseId: id };
  await appendAudit(tx, auditEvent(now, actor, 'database.exempted', subject, detail));
};

const requireAhead = (endsOn: string, now: Date): void => {
  if (endsOn >= dayOf(now)) return;
  throw new HoldfastError('invalid_request', 'The exemption would be over before it began.', {
    problems: [{ path: 'endsOn', message: `must be ${dayOf(now)} (UTC) or later` }],
  });
};

/** The next sweep marks it again, if its version has passed a date. Errors: `exemption_not_found`. */
export const endExemption = async (
  control: Control,
  tx: Tx,
  actor: string,
  { id, handle, environment_id: environmentId }: DatabaseRow,
): Promise<void> => {
  await lockDatabase(tx, id, 'no key update');
  const before = await findExemption(tx, id);
  if (!before) throw new HoldfastError('exemption_not_found', `"${handle}" has no exemption.`);
  await removeExemption(tx, id);
  const detail = { reason: before.reason, endsOn: before.ends_on };
  await appendAudit(
    tx,
    auditEvent(control.now(), actor, 'database.exemption-ended', { environmentId, databaseId: id }, detail),
  );
};
