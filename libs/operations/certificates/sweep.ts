import { dueBefore, warnedBefore, type RenewalTimes } from '#domain/certificates/renewal.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { appendAudit } from '#persistence/audit/append.js';
import {
  certificateEnds,
  endCertificateAlerts,
  raiseCertificateAlert,
  type CertificateEnd,
} from '#persistence/certificates.js';
import { lockDatabase } from '#persistence/databases.js';
import { unfinishedOf } from '#persistence/replication.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';
import { recordOperation } from '../requests/record-operation.js';

export interface CertificatesSwept {
  readonly due: number;
  readonly requested: number;
  readonly late: number;
  readonly alertChanges: number;
}

const actor = sweepActor('certificates');

/**
 * Asks for the renewal of what is due, and tells once of each certificate that ends soon all the same: one that an operator has brought can only be
 * replaced by the operator.
 */
export const sweepCertificates = async (
  control: Control,
  times: RenewalTimes,
  proceed: () => Promise<void>,
): Promise<CertificatesSwept> => {
  const now = control.now();
  const ending = await certificateEnds(control.db, dueBefore(times, now));
  const due = ending.filter((one) => !one.own);
  let requested = 0;
  for (const end of due.filter((one) => !one.seen_to)) {
    await proceed();
    requested += Number(await askForRenewal(control, end));
  }
  await proceed();
  const late = ending.filter((end) => end.not_after <= warnedBefore(times, now));
  let alertChanges = await endAlerts(control, warnedBefore(times, now));
  for (const end of late.filter((one) => one.alert_since === null)) alertChanges += Number(await alarm(control, end));
  return { due: due.length, requested, late: late.length, alertChanges };
};

const askForRenewal = (control: Control, { id }: CertificateEnd): Promise<boolean> =>
  control.db.transaction().execute(async (tx) => {
    const database = await lockDatabase(tx, id, 'no key update');
    if (database?.status !== 'provisioned' || (await unfinishedOf(tx, 'renew-certificate', id))) return false;
    await recordOperation(control, tx, { kind: 'renew-certificate', database, actor, parameters: {} });
    return true;
  });

const alarm = (control: Control, { id, environment_id: environmentId, not_after: notAfter, own }: CertificateEnd) =>
  control.db.transaction().execute(async (tx) => {
    if (!(await raiseCertificateAlert(tx, id, control.now()))) return false;
    const subject = { environmentId, databaseId: id };
    const detail = { notAfter: notAfter.toISOString(), ...(own ? { broughtBy: 'operator' } : {}) };
    await appendAudit(tx, auditEvent(control.now(), actor, 'database.certificate-due', subject, detail));
    return true;
  });

const endAlerts = (control: Control, before: Date): Promise<number> =>
  control.db.transaction().execute(async (tx) => {
    const ended = await endCertificateAlerts(tx, before);
    for (const { database_id: databaseId, environment_id: environmentId } of ended) {
      const subject = { environmentId, databaseId };
      await appendAudit(tx, auditEvent(control.now(), actor, 'database.certificate-alert-ended', subject));
    }
    return ended.length;
  });
