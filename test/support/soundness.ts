import { databaseAddress } from '#domain/server/addresses.js';
import { containerName, serverPorts, volumeName } from '#domain/server/names.js';
import type { ContainerEngine } from '#engine/ports/container-engine.js';
import type { DoorTarget } from '#engine/ports/edge.js';
import { verifyHistory } from '#operations/history/verify.js';
import type { CheckpointFile } from '#operations/history/checkpoints.js';
import type { Control } from '#operations/control.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import { doorsToServe } from '#persistence/doors.js';
import { unfinishedStatuses } from '#domain/operation/state-machine.js';
import { storeComplaints } from './store-soundness.js';

export interface Looked {
  readonly control: Control;
  readonly checkpoints: CheckpointFile;
  readonly engine: Pick<ContainerEngine, 'listOwned'>;
  readonly listDoors: (signal: AbortSignal) => Promise<readonly DoorTarget[]>;
  readonly stores: ObjectStores;
}

/**
 * What the host, the edge and the history must be once nothing runs any more, as a list of complaints: a container and a volume for each
 * provisioned database and none besides, doors for the same, no row that a dead operation still holds, whole backups and no other objects in
 * the stores, a chain that verifies.
 */
export const complaints = async (looked: Looked): Promise<readonly string[]> => {
  const signal = AbortSignal.timeout(30_000);
  return [
    ...(await hostComplaints(looked, signal)),
    ...(await doorComplaints(looked, signal)),
    ...(await rowComplaints(looked.control)),
    ...(await operationComplaints(looked.control)),
    ...(await storeComplaints(looked)),
    ...(await verifyHistory(looked.control.db, looked.checkpoints)).problems.map(({ detail }) => detail),
  ];
};

const names = (resources: readonly { name: string; subject: string }[], besides: readonly string[]): string[] =>
  resources.filter(({ subject }) => !besides.includes(subject)).map(({ name }) => name);

const differences = (what: string, wanted: readonly string[], found: readonly string[]): string[] => [
  ...wanted.filter((name) => !found.includes(name)).map((name) => `${what} ${name} is missing`),
  ...found.filter((name) => !wanted.includes(name)).map((name) => `${what} ${name} is an orphan`),
];

const hostComplaints = async ({ control, engine }: Looked, signal: AbortSignal): Promise<string[]> => {
  const rows = [
    ...(await control.db
      .selectFrom('databases')
      .select(['id', 'incarnation'])
      .where('status', '=', 'provisioned')
      .execute()),
    // Those that upgrades keep, and none that was to take over.
    ...(await control.db
      .selectFrom('incarnations')
      .select(['database_id as id', 'incarnation'])
      .where('state', '=', 'kept')
      .execute()),
  ];
  const { containers, volumes } = await engine.listOwned(control.installation, signal);
  const parts = ['edge', 'queue'];
  return [
    ...differences(
      'container',
      rows.map(({ id, incarnation }) => containerName(control.installation, id, incarnation)),
      names(containers, parts),
    ),
    ...differences(
      'volume',
      rows.map(({ id, incarnation }) => volumeName(control.installation, id, incarnation)),
      names(volumes, parts),
    ),
  ];
};

const doorComplaints = async ({ control, listDoors }: Looked, signal: AbortSignal): Promise<string[]> => {
  const wanted = (await doorsToServe(control.db)).map((door) => {
    const address = databaseAddress(control.networkPool, door.network_index, door.address_index);
    return `${door.port} to ${address}:${door.type === 'redis+ssl' ? serverPorts.tls : serverPorts.plain}`;
  });
  const found = (await listDoors(signal)).map(({ port, address, targetPort }) => `${port} to ${address}:${targetPort}`);
  return differences('door', wanted, found);
};

/** Ports, addresses and passwords go with the database that held them. */
const rowComplaints = async ({ db }: Control): Promise<string[]> => {
  const gone = db.selectFrom('databases').select('id').where('status', '=', 'deprovisioned');
  const doors = await db.selectFrom('doors').select('port').where('database_id', 'in', gone).execute();
  const addresses = await db
    .selectFrom('environment_addresses')
    .select('address_index')
    .where('database_id', 'in', gone)
    .execute();
  const credentials = await db
    .selectFrom('credentials')
    .select('database_id')
    .where('database_id', 'in', gone)
    .execute();
  const held = { doors, addresses, credentials };
  return Object.entries(held).flatMap(([what, rows]) =>
    rows.length > 0 ? [`${what} of databases that are gone: ${rows.length}`] : [],
  );
};

/** Every operation is over, none left a step open, a target held or a wake-up owed, and each has one end in the history. */
const operationComplaints = async ({ db }: Control): Promise<string[]> => {
  const unfinished = await db
    .selectFrom('operations')
    .select(['id', 'status'])
    .where('status', 'in', unfinishedStatuses)
    .execute();
  const steps = await db.selectFrom('operation_steps').select('name').where('status', '=', 'running').execute();
  const targets = await db
    .selectFrom('operation_targets')
    .select('operation_id')
    .where('finished', '=', false)
    .execute();
  const owed = await db.selectFrom('outbox').select('operation_id').execute();
  return [
    ...unfinished.map(({ id, status }) => `operation ${id} is ${status}`),
    ...steps.map(({ name }) => `step ${name} still runs`),
    ...targets.map(({ operation_id: id }) => `operation ${id} still holds its database`),
    ...owed.map(({ operation_id: id }) => `operation ${id} is still owed a wake-up`),
    ...(await endComplaints(db)),
  ];
};

const endComplaints = async (db: Control['db']): Promise<string[]> => {
  const operations = await db.selectFrom('operations').select(['id', 'kind', 'status']).execute();
  const events = await db
    .selectFrom('audit_events')
    .select(['operation_id', 'action'])
    .where('operation_id', 'is not', null)
    .execute();
  return operations.flatMap(({ id, kind, status }) => {
    const ends = events
      .filter((event) => event.operation_id === id && /\.(succeeded|failed|cancelled)$/.test(event.action))
      .map(({ action }) => action);
    return ends.length === 1 && ends[0] === `${kind}.${status}`
      ? []
      : [`operation ${id} is ${status} and has the ends ${ends.join(', ')}`];
  });
};
