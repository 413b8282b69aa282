import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPorts } from '#domain/server/names.js';
import type { DoorTarget } from '#engine/ports/edge.js';
import { doorSettingsOf, doorsOf } from '#persistence/doors.js';
import type { DoorRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { serverIn } from './server-actions.js';

/** Every door of the database leads to its server. */
export const openDoors = async (context: AttemptContext): Promise<void> => {
  const doors = await doorsOf(context.control.db, [context.database.id]);
  // A server that is to have no plain port has no plain door either, whatever is recorded until then.
  const served = doors.filter(({ type }) => type !== 'redis' || !context.database.tls_only);
  const targets = doorTargets(served, serverIn(context).address);
  await atRunningEdge(context, () => context.engines.edge.openDoors(targets, context.signal));
};

/** Where these doors lead when the server at `address` is behind them. */
export const doorTargets = (doors: readonly DoorRow[], address: string): DoorTarget[] =>
  doors.map((door) => ({
    port: door.port,
    address,
    targetPort: door.type === 'redis+ssl' ? serverPorts.tls : serverPorts.plain,
    settings: doorSettingsOf(door),
  }));

export const closeDoors = async (context: AttemptContext): Promise<void> => {
  const doors = await doorsOf(context.control.db, [context.database.id]);
  const ports = doors.map((door) => door.port);
  try {
    await atRunningEdge(context, () => context.engines.edge.closeDoors(ports, context.signal));
  } catch (error) {
    // An edge that cannot run leads nobody anywhere, and its doors are closed on disk before they are anywhere else.
    if (!isHoldfastError(error, 'edge_ports_taken')) throw error;
  }
};

/** An edge that is down is started here and now. What keeps it down, such as a stranger on its ports, is then the operation's error. */
export const atRunningEdge = async <T>({ engines, signal }: AttemptContext, change: () => Promise<T>): Promise<T> => {
  try {
    return await change();
  } catch (error) {
    if (!isHoldfastError(error, 'edge_unreachable')) throw error;
    await engines.edge.ensureRunning(signal);
    return change();
  }
};
