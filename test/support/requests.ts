import { createDatabaseSchema } from '#contracts/database-requests.js';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { isFinished } from '#domain/operation/state-machine.js';
import type { Control } from '#operations/control.js';
import { cancelOperation } from '#operations/requests/cancel-and-retry.js';
import { createDatabase, type Requested } from '#operations/requests/create-database.js';
import { requestBackup } from '#operations/requests/request-backup.js';
import { requestOnBackup } from '#operations/requests/request-on-backup.js';
import { requestOperation } from '#operations/requests/request-operation.js';
import { findBackup, lockBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import { findEnvironment } from '#persistence/environments.js';
import { findOperation, targetsOf } from '#persistence/operations/read.js';
import { oweWakeUp } from '#persistence/operations/transition.js';
import type { BackupRow, DatabaseRow, OperationRow } from '#persistence/tables.js';
import { eventually } from './eventually.js';

/** A real installation or one of fakes. */
interface Controlled {
  readonly control: Control;
}

/** Requests as the API makes them, without its process. Small, because many run side by side. */
export const create = (
  { control }: Controlled,
  handle: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Requested> => control.db.transaction().execute((tx) => createIn(control, tx, handle, more));

const createIn = async (
  control: Control,
  tx: Tx,
  handle: string,
  more: Readonly<Record<string, unknown>>,
): Promise<Requested> => {
  const environment = await findEnvironment(tx, { name: 'default' });
  if (!environment) throw new Error('There is no environment "default"');
  const request = createDatabaseSchema.parse({ handle, memoryMb: 64, ...more });
  return createDatabase(control, tx, 'test', environment, request);
};

/** Types the handle where it must be typed. Returns the operation's id. */
export const request = async (
  { control }: Controlled,
  databaseId: string,
  wanted: Plain | OperationRequest,
): Promise<string> =>
  control.db.transaction().execute(async (tx) => {
    const database = await findDatabase(tx, databaseId);
    if (!database) throw new Error(`There is no database ${databaseId}`);
    const body = typeof wanted === 'string' ? plain(wanted, database.handle) : wanted;
    return (await requestOperation(control, tx, 'test', database, body)).id;
  });

/** Kinds that need nothing beyond the typed handle. */
type Plain = 'restart' | 'reload' | 'deprovision' | 'unlink';

/** A deprovision takes no final backup, whose verification would need another worker: tests of that ask for it in full. */
const plain = (type: Plain, confirm: string): OperationRequest =>
  type === 'deprovision' ? { type, confirm, skipFinalBackup: true } : { type, confirm };

/** A replica of `sourceId`, and the operation that makes it. */
export const replicate = async (
  controlled: Controlled,
  sourceId: string,
  handle: string,
): Promise<{ databaseId: string; operationId: string }> => {
  const operationId = await request(controlled, sourceId, { type: 'replicate', handle });
  const [target] = await targetsOf(controlled.control.db, [operationId]);
  return { databaseId: target?.database_id ?? '', operationId };
};

export const promote = (
  controlled: Controlled,
  replicaId: string,
  mode: 'strict' | 'limited' | 'force' = 'strict',
  maxLostBytes?: number,
): Promise<string> =>
  request(controlled, replicaId, { type: 'promote', mode, ...(maxLostBytes === undefined ? {} : { maxLostBytes }) });

export const finished = ({ control }: Controlled, operationId: string, withinMs = 60_000): Promise<OperationRow> =>
  eventually(
    async () => {
      const operation = await findOperation(control.db, operationId);
      if (!operation || !isFinished(operation.status))
        throw new Error(
          `The operation is ${operation?.status ?? 'missing'}: ${operation?.error?.detail ?? 'no error'}`,
        );
      return operation;
    },
    { withinMs },
  );

export const databaseRow = async ({ control }: Controlled, id: string): Promise<DatabaseRow> => {
  const row = await findDatabase(control.db, id);
  if (!row) throw new Error(`There is no database ${id}`);
  return row;
};

export const cancel = ({ control }: Controlled, operationId: string): Promise<void> =>
  control.db.transaction().execute((tx) => cancelOperation(control, tx, 'test', operationId));

/** As `create`, but no wake-up is sent before `release`: a test prepares what the operation will meet. */
export const createHeld = ({ control }: Controlled, handle: string): Promise<Requested> =>
  control.db.transaction().execute(async (tx) => {
    const requested = await createIn(control, tx, handle, {});
    await oweWakeUp(tx, requested.operationId, new Date('2100-01-01'));
    return requested;
  });

export const release = ({ control }: Controlled, operationId: string): Promise<void> =>
  control.db.transaction().execute((tx) => oweWakeUp(tx, operationId, null));

/** Asks for a manual backup. */
export const backup = async (
  { control }: Controlled,
  databaseId: string,
): Promise<{ readonly backupId: string; readonly operationId: string }> =>
  control.db.transaction().execute(async (tx) => {
    const database = await findDatabase(tx, databaseId);
    if (!database) throw new Error(`There is no database ${databaseId}`);
    const requested = await requestBackup(control, tx, 'test', database, 'manual');
    return { backupId: requested.backup.id, operationId: requested.operation.id };
  });

/** Asks for something to be done with a backup, in its own environment. Returns the operation's id. */
export const onBackup = async (
  { control }: Controlled,
  backupId: string,
  body: BackupOperationRequest,
): Promise<string> =>
  control.db.transaction().execute(async (tx) => {
    const row = await lockBackup(tx, backupId, 'no key update');
    const environment = row && (await findEnvironment(tx, { id: row.environment_id }));
    if (!environment) throw new Error(`There is no backup ${backupId}`);
    return (await requestOnBackup(control, tx, 'test', { backup: row, environment }, body)).id;
  });

/** The backup once a verification of it has come to its end. */
export const verified = ({ control }: Controlled, backupId: string, withinMs = 60_000): Promise<BackupRow> =>
  eventually(
    async () => {
      const row = await findBackup(control.db, backupId);
      if (!row?.checked_at) throw new Error(`The backup is ${row?.status ?? 'missing'}, ${row?.verification ?? ''}`);
      return row;
    },
    { withinMs },
  );
