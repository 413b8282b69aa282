import type { OperationMoment } from '#domain/operation/effects.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import { nextStatus } from '#domain/operation/state-machine.js';
import type { HoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import { faultPoints } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { updateDatabase } from '#persistence/databases.js';
import type { OperationError, OperationReceipt } from '#persistence/operation-documents.js';
import type { Lease } from '#persistence/operations/claim.js';
import { appendLog } from '#persistence/operations/journal.js';
import { findOperation } from '#persistence/operations/read.js';
import { endAttempt } from '#persistence/operations/transition.js';
import { auditEvent } from '../requests/audit.js';
import { kindRunners } from '../kinds/registry.js';
import type { AttemptContext } from './context.js';
import { applyOutcome } from './effects.js';

/** The ends of an attempt. Each writes the operation, its databases, its log and the history in one transaction. */

interface End {
  readonly event: 'succeed' | 'fail' | 'cancel';
  readonly documents: { readonly error?: OperationError; readonly receipt?: OperationReceipt };
  /** What the end means for the database; the event itself unless said otherwise. */
  readonly moment?: OperationMoment;
  /** Last line of the log. */
  readonly line: string;
}

export const succeed = (context: AttemptContext, lease: Lease, receipt: OperationReceipt): Promise<void> =>
  finish(context, lease, { event: 'succeed', documents: { receipt }, line: 'Done.' }, async (tx) => {
    if (!bringsUp.has(context.operation.kind)) return;
    const { provisioned_at: provisionedAt } = context.database;
    const now = context.control.now();
    await updateDatabase(tx, context.database.id, {
      health: 'healthy',
      health_reason: null,
      provisioned_at: provisionedAt ?? now,
    });
  });

/** Kinds that have reached the server of their subject as its clients do. */
const bringsUp = new Set<OperationKind>([
  'provision',
  'restart',
  'reload',
  'replicate',
  'promote',
  'unlink',
  'upgrade',
  'go-back',
  'restore',
  'import',
]);

/** Kinds whose failure may leave the server of a database that was there before not running. */
const replacesServer = new Set<OperationKind>(['restart', 'reload', 'provision', 'replicate', 'restore', 'import']);

export const fail = (
  context: AttemptContext,
  lease: Lease,
  error: HoldfastError,
  leftBehind: readonly string[],
): Promise<void> => {
  const line = sentences(`Failed: ${error.code}: ${error.detail}`, error.remedy);
  const end: End = { event: 'fail', documents: { error: errorDocument(error, leftBehind) }, line };
  return finish(context, lease, end, async (tx) => {
    if (!replacesServer.has(context.operation.kind)) return;
    if (!context.begun || context.database.provisioned_at === null) return;
    // Asked for before the server was touched.
    if (error.code === 'confirmation_required') return;
    await updateDatabase(tx, context.database.id, { health: 'down', health_reason: error.detail });
  });
};

/** What could not be rolled back keeps the database's row, address and ports, as after a failure, so that a deprovision can remove it. */
export const cancel = async (context: AttemptContext, lease: Lease, leftBehind: readonly string[]): Promise<void> => {
  const known = (await findOperation(context.control.db, context.operation.id))?.receipt;
  const documents = { receipt: { ...known, leftBehind } };
  const end: End =
    leftBehind.length === 0
      ? { event: 'cancel', documents, line: 'Cancelled and rolled back.' }
      : {
          event: 'cancel',
          documents,
          moment: 'fail',
          line: sentences('Cancelled.', `This is left: ${leftBehind.join('; ')}`),
        };
  return finish(context, lease, end, async () => undefined);
};

const errorDocument = (error: HoldfastError, leftBehind: readonly string[]): OperationError => ({
  code: error.code,
  detail: error.detail,
  remedy: error.remedy,
  leftBehind,
});

const finish = async (
  context: AttemptContext,
  lease: Lease,
  { event, documents, moment = event, line }: End,
  more: (tx: Tx) => Promise<void>,
): Promise<void> => {
  const { control, operation, database, environment } = context;
  await control.db.transaction().execute(async (tx) => {
    await endAttempt(tx, lease, { event, ...documents });
    await more(tx);
    await kindRunners[operation.kind].ended?.(tx, context, { event, ...documents });
    if (context.begun) await applyOutcome(tx, operation.kind, database.id, await momentIn(tx, context, moment));
    await appendLog(tx, operation.id, event === 'fail' ? 'error' : 'info', line);
    const subject = { environmentId: environment.id, databaseId: database.id, operationId: operation.id };
    const action = `${operation.kind}.${nextStatus('running', event) ?? event}`;
    await appendAudit(tx, auditEvent(control.now(), `worker:${lease.owner}`, action, subject, { ...documents }));
    await faultPoints.reached(`${operation.kind}:ending`);
  });
};

const momentIn = async (tx: Tx, context: AttemptContext, moment: OperationMoment): Promise<OperationMoment> => {
  const { untouched } = kindRunners[context.operation.kind];
  return moment === 'fail' && (await untouched?.(tx, context)) ? 'untouched' : moment;
};

/** A transient error: due again later. */
export const waitForRetry = (
  { control, operation }: AttemptContext,
  lease: Lease,
  error: HoldfastError,
  dueAt: Date,
): Promise<void> =>
  control.db.transaction().execute(async (tx) => {
    await endAttempt(tx, lease, { event: 'wait', error: errorDocument(error, []), dueAt });
    const line = sentences(`${error.code}: ${error.detail}`, `Tried again at ${dueAt.toISOString()}.`);
    await appendLog(tx, operation.id, 'warn', line);
  });

/** The worker shuts down: another one may go on at once. */
export const release = ({ control, operation }: AttemptContext, lease: Lease): Promise<void> =>
  control.db.transaction().execute(async (tx) => {
    await endAttempt(tx, lease, { event: 'release' });
    await appendLog(tx, operation.id, 'info', 'The worker shuts down; another one goes on.');
  });
