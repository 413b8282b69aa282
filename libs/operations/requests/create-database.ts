import type { CreateDatabase } from '#contracts/database-requests.js';
import { requireOffered } from '#domain/catalogue/lifecycle.js';
import { resolveVersion } from '#domain/catalogue/resolve-version.js';
import { doorFollows, type DoorFollows } from '#domain/database/status.js';
import { serverUsers } from '#domain/server/users.js';
import type { Tx } from '#persistence/connection.js';
import { insertCredentials } from '#persistence/credentials.js';
import { takeDoors, type DoorRequest, type TakenDoor } from '#persistence/doors.js';
import type { DatabaseRow, EnvironmentRow, OperationRow } from '#persistence/tables.js';
import { newId, type Control } from '../control.js';
import { generatePassword } from '../secrets/generate.js';
import { credentialContext, type SecretBox } from '../secrets/secret-box.js';
import { recordDatabase } from './record-database.js';
import { recordOperation } from './record-operation.js';

/** What was written. */
export interface Requested {
  readonly databaseId: string;
  readonly operationId: string;
  readonly database: DatabaseRow;
  readonly doors: readonly TakenDoor[];
  readonly operation: OperationRow;
}

/**
 * Records a database and the operation that will provision it; a worker does the rest.
 * Errors: `version_unknown`, `version_deprecated`, `persistence_conflict`, `handle_taken`, `handle_still_answers`, `environment_full`, `ports_exhausted`.
 */
export const createDatabase = async (
  control: Control,
  tx: Tx,
  actor: string,
  environment: EnvironmentRow,
  request: CreateDatabase,
): Promise<Requested> => {
  const { entry, persistence } = resolveVersion(control.catalogue, request, control.now());
  requireOffered(control.catalogue, entry, control.now());
  const id = newId();
  const database = await recordDatabase(control, tx, actor, {
    id,
    environment_id: environment.id,
    handle: request.handle,
    version: entry.version,
    image: entry.image,
    tls_protocols: [...entry.tlsProtocols],
    persistence,
    memory_mb: request.memoryMb,
    disk_gb: request.diskGb,
    tls_only: request.tlsOnly,
    maxmemory_policy: request.maxmemoryPolicy,
    deletion_protection: request.deletionProtection,
  });
  const [operation, doors] = await Promise.all([
    recordProvision(control, tx, actor, database),
    takeDoors(tx, control.ports, id, doorsFor(request.tlsOnly, doorFollows)),
    insertCredentials(tx, id, newCredentials(control.secrets, id)),
  ]);
  return { databaseId: id, operationId: operation.id, database, doors, operation };
};

const recordProvision = (control: Control, tx: Tx, actor: string, database: DatabaseRow): Promise<OperationRow> =>
  recordOperation(control, tx, {
    kind: 'provision',
    database,
    actor,
    parameters: {},
    auditDetail: {
      handle: database.handle,
      version: database.version,
      persistence: database.persistence,
      memoryMb: database.memory_mb,
      diskGb: database.disk_gb,
      tlsOnly: database.tls_only,
    },
  });

/** A database has its own doors; the `primary` ones follow the role in its replication tree. */
export const doorsFor = (tlsOnly: boolean, following: readonly DoorFollows[]): DoorRequest[] =>
  following.flatMap((follows) => [
    ...(tlsOnly ? [] : [{ type: 'redis', follows } as const]),
    { type: 'redis+ssl', follows } as const,
  ]);

export const newCredentials = (
  secrets: SecretBox,
  databaseId: string,
): { username: string; passwordSealed: string }[] =>
  Object.values(serverUsers).map((username) => ({
    username,
    passwordSealed: secrets.seal(generatePassword(), credentialContext(databaseId, username)),
  }));
