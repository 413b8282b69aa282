import type { RestoreRequest } from '#contracts/backup-requests.js';
import { isDeprecated } from '#domain/catalogue/lifecycle.js';
import { compareVersions, type CatalogueEntry } from '#domain/catalogue/version.js';
import { restoredHandle } from '#domain/backup/restored-handle.js';
import { restoredSettings, roomyFor, type RestoredSettings } from '#domain/backup/restored-settings.js';
import { maxmemoryBytes } from '#domain/database/size.js';
import { doorFollows } from '#domain/database/status.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverUsers } from '#domain/server/users.js';
import { fromRow } from '#domain/settings/settings.js';
import type { Tx } from '#persistence/connection.js';
import { insertCredentials } from '#persistence/credentials.js';
import { handlesLike } from '#persistence/databases.js';
import { takeDoors } from '#persistence/doors.js';
import { purgesOf } from '#persistence/backups.js';
import type { BackupRow, DatabaseRow, EnvironmentRow, OperationRow } from '#persistence/tables.js';
import { openEnvelope } from '../backup/envelope.js';
import { writtenId } from '../backup/stored.js';
import { newId, type Control } from '../control.js';
import { generatePassword } from '../secrets/generate.js';
import { credentialContext } from '../secrets/secret-box.js';
import { doorsFor } from './create-database.js';
import { recordDatabase } from './record-database.js';
import { recordOperation } from './record-operation.js';
import { requireSound, requireStaying } from './request-backup.js';

/**
 * Records a new database that will hold what the backup holds. Its shape is the original's unless said otherwise; a deprecated version is
 * no hindrance. Errors: `backup_not_complete`, `backup_unrestorable`, `backup_in_use`, `version_unknown`, `downgrade_refused`, `restore_too_small`, `handle_taken`, `handle_still_answers`,
 * `environment_full`, `ports_exhausted`.
 */
export const requestRestore = async (
  control: Control,
  tx: Tx,
  actor: string,
  { backup, environment }: { backup: BackupRow; environment: EnvironmentRow },
  request: RestoreRequest,
): Promise<{ readonly database: DatabaseRow; readonly operation: OperationRow }> => {
  requireSound(backup);
  requireStaying(await purgesOf(tx, backup));
  const { shape, settings, leftOut } = restoredShape(control, backup, request);
  requireSize(backup, shape);
  const id = newId();
  const database = await recordDatabase(control, tx, actor, {
    ...{ id, ...shape, settings: JSON.stringify(settings) },
    handle: request.handle ?? (await freeHandle(tx, environment, backup)),
    environment_id: environment.id,
    deletion_protection: false,
  });
  await takeDoors(tx, control.ports, id, doorsFor(database.tls_only, doorFollows));
  await insertCredentials(tx, id, credentialsFor(control, id, backup, request.keepCredentials));
  const { keepCredentials, defaultSettings = false } = request;
  const parameters = { backupId: backup.id, keepCredentials, defaultSettings, settingsLeftOut: leftOut };
  const { handle, version, persistence, memory_mb: memoryMb } = database;
  const deprecated = isDeprecated(control.catalogue, version, control.now());
  const inForce = fromRow(database.maxmemory_policy, settings);
  const auditDetail = { ...parameters, handle, version, persistence, memoryMb, deprecated, settings: inForce };
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'restore', database, actor, parameters, auditDetail },
  });
  return { database, operation };
};

type Shape = Pick<
  DatabaseRow,
  'version' | 'image' | 'tls_protocols' | 'persistence' | 'memory_mb' | 'disk_gb' | 'tls_only' | 'maxmemory_policy'
>;

const restoredShape = (
  control: Control,
  backup: BackupRow,
  request: RestoreRequest,
): RestoredSettings & { readonly shape: Shape } => {
  const version = versionOf(control, backup, request.version);
  const persistence = request.persistence ?? backup.persistence;
  const { settings, leftOut } = request.defaultSettings
    ? { settings: {}, leftOut: [] }
    : restoredSettings(backup.settings, { version: version.version, persistence });
  const shape = {
    ...version,
    persistence,
    memory_mb: request.memoryMb ?? backup.memory_mb,
    disk_gb: request.diskGb ?? backup.disk_gb,
    tls_only: backup.tls_only,
    maxmemory_policy: request.defaultSettings ? 'noeviction' : backup.maxmemory_policy,
  } as const;
  return { shape, settings: roomyFor(backup.manifest?.contents, settings), leftOut };
};

const versionOf = (
  { catalogue }: Control,
  { version, image, tls_protocols }: BackupRow,
  wanted = version,
): Pick<Shape, 'version' | 'image' | 'tls_protocols'> => {
  if (compareVersions(wanted, version) < 0) {
    throw new HoldfastError('downgrade_refused', `The backup is of ${version}; ${wanted} cannot read its data.`);
  }
  const entry: CatalogueEntry | undefined = catalogue.find((candidate) => candidate.version === wanted);
  if (entry) return { version: wanted, image: entry.image, tls_protocols: [...entry.tlsProtocols] };
  // A version that the catalogue has dropped is still the one of its backup.
  if (wanted === version) return { version, image, tls_protocols };
  throw new HoldfastError('version_unknown', `There is no version "${wanted}".`);
};

const requireSize = ({ manifest }: BackupRow, { memory_mb: memoryMb, persistence }: Shape): void => {
  const used = manifest?.source.usedMemoryBytes ?? 0;
  if (used <= maxmemoryBytes(memoryMb, persistence)) return;
  throw new HoldfastError(
    'restore_too_small',
    `The data took ${Math.ceil(used / 1024 / 1024)} MB; a database of ${memoryMb} MB may hold ${Math.floor(maxmemoryBytes(memoryMb, persistence) / 1024 / 1024)} MB.`,
  );
};

/** What every handle of this backup's restores begins with, however much was cut. */
const shortestCut = 32;

const freeHandle = async (tx: Tx, environment: EnvironmentRow, backup: BackupRow): Promise<string> => {
  const at = backup.snapshot_at ?? backup.created_at;
  const taken = new Set(await handlesLike(tx, environment.id, backup.handle.slice(0, shortestCut)));
  for (let copy = 1; ; copy++) {
    const handle = restoredHandle(backup.handle, at, copy);
    if (!taken.has(handle)) return handle;
  }
};

const credentialsFor = ({ secrets }: Control, id: string, backup: BackupRow, keep: boolean) => {
  const seal = (username: string, password: string) => ({
    username,
    passwordSealed: secrets.seal(password, credentialContext(id, username)),
  });
  const kept = keep ? openEnvelope(secrets, writtenId(backup), backup.envelope ?? '').tenantPasswords : [];
  return [seal(serverUsers.tenant, kept.at(-1) ?? generatePassword()), seal(serverUsers.manager, generatePassword())];
};
