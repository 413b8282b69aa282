import { statusesToBegin } from '#domain/operation/effects.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase, raiseGeneration } from '#persistence/databases.js';
import { findEnvironment } from '#persistence/environments.js';
import { findInstallation } from '#persistence/installation.js';
import type { Lease } from '#persistence/operations/claim.js';
import { appendLog } from '#persistence/operations/journal.js';
import { stepsOf, targetsOf } from '#persistence/operations/read.js';
import { requireLease } from '#persistence/operations/transition.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { auditEvent } from '../requests/audit.js';
import type { AttemptContext } from './context.js';
import { applyOutcome } from './effects.js';
import { fenced } from './fence.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { RunnerOptions } from './runner-options.js';

/** Reads what the attempt works with, and writes down that it has begun. Errors: `LeaseLost`. */
export const openAttempt = async (
  options: RunnerOptions,
  operation: OperationRow,
  lease: Lease,
  keeper: LeaseKeeper,
): Promise<AttemptContext> => {
  const { control, engines, memoryOvercommit, edgeAddress } = options;
  const write: AttemptContext['write'] = (work) =>
    control.db.transaction().execute(async (tx) => {
      await requireLease(tx, lease);
      await work(tx);
    });
  return control.db.transaction().execute(async (tx) => {
    await requireLease(tx, lease);
    const [before, ...others] = await targetDatabases(tx, operation);
    const environment = await findEnvironment(tx, { id: before.environment_id });
    const installation = await findInstallation(tx);
    if (!environment || !installation) throw new Error(`Operation ${operation.id} has no environment or installation`);
    const begun = statusesToBegin[operation.kind].includes(before.status);
    if (begun) await begin(tx, operation, [before, ...others]);
    const subject = { environmentId: environment.id, databaseId: before.id, operationId: operation.id };
    const detail = { attempt: operation.attempt };
    await appendAudit(
      tx,
      auditEvent(control.now(), `worker:${lease.owner}`, `${operation.kind}.started`, subject, detail),
    );
    await appendLog(tx, operation.id, 'info', `Attempt ${operation.attempt} begins.`);
    return {
      control,
      engines: fenced(engines, () => keeper.requireHeld()),
      installation,
      operation,
      database: (await findDatabase(tx, before.id)) ?? before,
      others,
      environment,
      begun,
      memoryOvercommit,
      edgeAddress,
      signal: keeper.signal,
      write,
      log: (level, message) => write((tx) => appendLog(tx, operation.id, level, message)),
    };
  });
};

/** Kinds after which whoever still works for the servers as they were is refused. */
const replacing = new Set<OperationKind>(['reload', 'promote', 'upgrade', 'go-back']);

const begin = async (
  tx: Tx,
  operation: OperationRow,
  databases: readonly [DatabaseRow, ...DatabaseRow[]],
): Promise<void> => {
  await applyOutcome(tx, operation.kind, databases[0].id, 'claim');
  // By the steps, not by the attempt: the first one may have died before it came here. Raising once too often does no harm.
  if (!replacing.has(operation.kind) || (await stepsOf(tx, [operation.id])).length > 0) return;
  for (const { id } of databases) await raiseGeneration(tx, id);
};

const targetDatabases = async (tx: Tx, operation: OperationRow): Promise<readonly [DatabaseRow, ...DatabaseRow[]]> => {
  const targets = await targetsOf(tx, [operation.id]);
  const rows = await Promise.all(targets.map((target) => findDatabase(tx, target.database_id)));
  const [subject, ...others] = rows.filter((row) => row !== undefined);
  if (!subject) throw new Error(`Operation ${operation.id} has no database`);
  return [subject, ...others];
};
