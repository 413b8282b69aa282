import { healthOf, isRepairable } from '#domain/drift/health.js';
import type { Finding } from '#domain/drift/finding.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { lockForHealth, repairsInVain, writeSeenHealth } from '#persistence/drift.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';
import { recordOperation } from '../requests/record-operation.js';
import type { Surveyed } from './survey.js';

export interface HealthOutcome {
  readonly changed: boolean;
  readonly repairRequested: boolean;
}

const nothing: HealthOutcome = { changed: false, repairRequested: false };

/**
 * Writes what was seen of a database, if that is news, and asks for a repair when one can put everything right. Whatever an operation did
 * since `since` counts more: then nothing is written.
 */
export const recordHealth = async (
  control: Control,
  { target: { database, held }, findings }: Surveyed,
  since: Date,
): Promise<HealthOutcome> => {
  const repairable = isRepairable(findings);
  if (held || (!repairable && !isNews(database, findings))) return nothing;
  return control.db.transaction().execute(async (tx) => {
    await lockForHealth(tx, database.id);
    const { health, reason } = healthOf(findings);
    if (!(await writeSeenHealth(tx, database, since, health, reason))) return nothing;
    const changed = isNews(database, findings);
    if (changed) await auditHealth(control, tx, sweepActor('drift'), database, findings);
    const repairRequested = repairable && !(await repairsInVain(tx, database.id));
    if (repairRequested) await requestRepair(control, tx, database, findings);
    return { changed, repairRequested };
  });
};

const isNews = (database: DatabaseRow, findings: readonly Finding[]): boolean => {
  const { health, reason } = healthOf(findings);
  return database.health !== health || database.health_reason !== reason;
};

const requestRepair = async (
  control: Control,
  tx: Tx,
  database: DatabaseRow,
  findings: readonly Finding[],
): Promise<void> => {
  const codes = findings.map(({ code }) => code);
  const actor = sweepActor('drift');
  await recordOperation(control, tx, {
    kind: 'repair',
    database,
    actor,
    parameters: {},
    auditDetail: { findings: codes },
  });
};

/** The history has from what to what, and why. */
export const auditHealth = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  findings: readonly Finding[],
  operationId: string | null = null,
): Promise<void> => {
  const { health, reason } = healthOf(findings);
  const subject = { environmentId: database.environment_id, databaseId: database.id, operationId };
  const detail = { from: database.health, to: health, reason, findings: findings.map(({ code }) => code) };
  await appendAudit(tx, auditEvent(control.now(), actor, 'database.health-changed', subject, detail));
};
