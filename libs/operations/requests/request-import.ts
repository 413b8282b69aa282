import type { ImportWishes } from '#contracts/import-requests.js';
import { requireOffered } from '#domain/catalogue/lifecycle.js';
import { resolveVersion } from '#domain/catalogue/resolve-version.js';
import { doorFollows } from '#domain/database/status.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { keysIn } from '#domain/rdb/summary.js';
import { appendAudit } from '#persistence/audit/append.js';
import { policyOfEnvironment } from '#persistence/backup-policies.js';
import { insertBackup } from '#persistence/backups.js';
import type { Db, Tx } from '#persistence/connection.js';
import { insertCredentials } from '#persistence/credentials.js';
import { handlesLike } from '#persistence/databases.js';
import { takeDoors, type TakenDoor } from '#persistence/doors.js';
import { findInstallation } from '#persistence/installation.js';
import { keepOperationSecret } from '#persistence/operation-secrets.js';
import { findRemains } from '#persistence/remains.js';
import type { DatabaseRow, EnvironmentRow, OperationRow } from '#persistence/tables.js';
import type { ImportTarget, SealedImport } from '../backup/import/seal-import.js';
import { describeSource, parseSource, sourceContext, type SourceWish } from '../backup/import/source-url.js';
import { backupPrefix } from '../backup/location.js';
import { newId, type Control } from '../control.js';
import { auditEvent } from './audit.js';
import { doorsFor, newCredentials } from './create-database.js';
import { recordDatabase } from './record-database.js';
import { recordOperation } from './record-operation.js';
import { recordBackup, requestVerify } from './request-backup.js';

/** What an import will make, before anything of it is written down. */
export interface ImportPlan extends ImportTarget {
  readonly environment: EnvironmentRow;
}

export interface RequestedImport {
  readonly database: DatabaseRow;
  readonly doors: readonly TakenDoor[];
  readonly operation: OperationRow;
  readonly backupId: string;
}

/**
 * Refuses what can be refused before the data are read. Errors: `version_unknown`, `version_deprecated`, `persistence_conflict`,
 * `handle_taken`, `handle_still_answers`.
 */
export const planImport = async (
  control: Control,
  db: Db | Tx,
  environment: EnvironmentRow,
  { handle, memoryMb, diskGb, ...wanted }: ImportWishes,
): Promise<ImportPlan> => {
  const { entry, persistence } = resolveVersion(control.catalogue, wanted, control.now());
  requireOffered(control.catalogue, entry, control.now());
  const isTaken = (await handlesLike(db, environment.id, handle)).includes(handle);
  if (isTaken && (await findRemains(db, environment.id, handle)) === undefined) {
    throw new HoldfastError('handle_taken', `The handle "${handle}" is taken in "${environment.name}".`);
  }
  const [policy, installation] = [await policyOfEnvironment(db, environment.id), await findInstallation(db)];
  if (!installation) throw new Error('There is no installation');
  const backupId = newId();
  const shape = { version: entry.version, image: entry.image, tls_protocols: [...entry.tlsProtocols], persistence };
  const rest = { memory_mb: memoryMb, disk_gb: diskGb, tls_only: false, maxmemory_policy: 'noeviction' } as const;
  return {
    installation,
    environment,
    database: { id: newId(), handle, ...shape, ...rest },
    backup: {
      id: backupId,
      store: policy.store ?? control.backupStores[0],
      prefix: backupPrefix(installation.id, backupId),
    },
    attempt: 0,
  };
};

/** Errors: `handle_taken`, `handle_still_answers`, `environment_full`, `ports_exhausted`. */
const insertPlanned = async (
  control: Control,
  tx: Tx,
  actor: string,
  { database, environment }: ImportPlan,
  settings = '{}',
) => {
  const { id, tls_only: tlsOnly } = database;
  const row = await recordDatabase(control, tx, actor, {
    ...{ ...database, settings },
    environment_id: environment.id,
    deletion_protection: false,
  });
  const doors = await takeDoors(tx, control.ports, id, doorsFor(tlsOnly, doorFollows));
  await insertCredentials(tx, id, newCredentials(control.secrets, id));
  return { row, doors };
};

const detailOf = ({ database: { handle, version, persistence, memory_mb: memoryMb }, backup }: ImportPlan) => ({
  ...{ backupId: backup.id, handle, version, persistence, memoryMb },
});

/**
 * A file that lies in the store becomes a backup, of a database that a restore will make of it: all of it is written down, or nothing is.
 * Errors: `handle_taken`, `handle_still_answers`, `environment_full`, `ports_exhausted`.
 */
export const recordFileImport = async (
  control: Control,
  tx: Tx,
  actor: string,
  plan: ImportPlan,
  { manifest, manifestKey, envelope, summary }: SealedImport,
): Promise<RequestedImport> => {
  const settings = JSON.stringify(manifest.database.settings ?? {});
  const { row: database, doors } = await insertPlanned(control, tx, actor, plan, settings);
  const { id: backupId, store, prefix } = plan.backup;
  const { id: _, ...like } = plan.database;
  const backup = await insertBackup(tx, {
    ...{ ...like, settings },
    ...{ id: backupId, kind: 'manual', status: 'complete', store, prefix, requested_by: actor },
    ...{ database_id: database.id, environment_id: plan.environment.id, completed_at: control.now() },
    ...{ manifest: JSON.stringify(manifest), manifest_key: manifestKey, envelope },
    ...{ stored_bytes: String(manifest.object.storedBytes), keys: String(keysIn(summary)) },
    snapshot_at: new Date(manifest.startedAt),
  });
  const subject = { environmentId: plan.environment.id, databaseId: database.id };
  const bytes = { clearBytes: manifest.object.clearBytes, clearSha256: manifest.object.clearSha256 };
  await appendAudit(tx, auditEvent(control.now(), actor, 'backup.imported', subject, { backupId, ...bytes }));
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'restore', database, actor },
    parameters: { backupId, keepCredentials: false },
    auditDetail: { ...detailOf(plan), imported: true },
  });
  await requestVerify(control, tx, actor, backup);
  return { database, doors, operation, backupId };
};

/**
 * Records a new database and the operation that fetches its data. The URL is kept apart and sealed until that has ended. Errors:
 * `invalid_request`, `handle_taken`, `handle_still_answers`, `environment_full`, `ports_exhausted`.
 */
export const requestImport = async (
  control: Control,
  tx: Tx,
  actor: string,
  plan: ImportPlan,
  wish: SourceWish,
): Promise<RequestedImport> => {
  const source = describeSource(parseSource(wish));
  const { row: database, doors } = await insertPlanned(control, tx, actor, plan);
  const { id: backupId } = plan.backup;
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'import', database, actor },
    parameters: { backupId, source },
    auditDetail: { ...detailOf(plan), source },
  });
  await keepOperationSecret(tx, operation.id, control.secrets.seal(JSON.stringify(wish), sourceContext(operation.id)));
  await recordBackup(control, tx, { id: backupId, kind: 'manual', database, actor, operation });
  return { database, doors, operation, backupId };
};
