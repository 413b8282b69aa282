import { sameDoorSettings } from '#domain/database/door-settings.js';
import { databaseAddress } from '#domain/server/addresses.js';
import { serverPorts } from '#domain/server/names.js';
import type { DoorAmendment, DoorTarget, Edge } from '#engine/ports/edge.js';
import type { Control } from '#operations/control.js';
import { doorSettingsOf, doorsToServe, takenPorts, type DoorToServe } from '#persistence/doors.js';
import type { Duty } from './upkeep.js';

/** The edge runs, with the doors that Postgres records: unknown ones are closed, missing ones opened, settings brought to them. */
export const edgeDuty = (control: Control, edge: Edge): Duty => ({
  name: 'edge',
  work: async (signal) => {
    await edge.ensureRunning(signal);
    await reconcile(control, edge, signal);
  },
});

/** More would mean that somebody works against us; the next look goes on. */
const rounds = 5;

/**
 * The edge is asked before the rows are read, and changes only what is still as it was seen. Both are asked again until nothing is
 * left to do: an operation writes down that it begins before it touches a door, so what it did meanwhile shows then.
 */
const reconcile = async (control: Control, edge: Edge, signal: AbortSignal): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    const seen = new Map((await edge.listDoors(signal)).map((door) => [door.port, door]));
    const recorded = await doorsToServe(control.db);
    const taken = new Set(await takenPorts(control.db));
    const amendments = [
      ...recorded.flatMap((door) => amendmentOf(control, door, seen.get(door.port) ?? null)),
      ...[...seen.values()]
        .filter(({ port }) => !taken.has(port))
        .map((door) => ({ port: door.port, seen: door, wanted: null })),
    ];
    if (amendments.length === 0) return;
    await edge.amendDoors(amendments, signal);
  }
};

/**
 * Where a door leads is left to the operation that is about its database: it opens and closes it, and a promotion leads it over before
 * that is recorded. Its settings are not.
 */
const amendmentOf = (control: Control, row: DoorToServe, seen: DoorTarget | null): DoorAmendment[] => {
  const free = row.status === 'provisioned' && !row.held;
  if (!free && seen === null) return [];
  const wanted = free || seen === null ? targetOf(control, row) : { ...seen, settings: doorSettingsOf(row) };
  return seen !== null && isSame(seen, wanted) ? [] : [{ port: row.port, seen, wanted }];
};

const isSame = (one: DoorTarget, other: DoorTarget): boolean =>
  one.address === other.address &&
  one.targetPort === other.targetPort &&
  sameDoorSettings(one.settings, other.settings);

const targetOf = ({ networkPool }: Control, door: DoorToServe): DoorTarget => ({
  port: door.port,
  address: databaseAddress(networkPool, door.network_index, door.address_index),
  targetPort: door.type === 'redis+ssl' ? serverPorts.tls : serverPorts.plain,
  settings: doorSettingsOf(door),
});
