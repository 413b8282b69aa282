import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPorts } from '#domain/server/names.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { doorsOf, releasePlainDoors, takeDoors } from '#persistence/doors.js';
import { atRunningEdge } from '../kinds/door-actions.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { serverOf } from '../server/server.js';

const plainDoorsOf = async ({ control, database }: AttemptContext) =>
  (await doorsOf(control.db, [database.id])).filter(({ type }) => type === 'redis');

/** One plain door beside each encrypted one that has none. Errors: `ports_exhausted`. */
export const takePlainDoors = (context: AttemptContext): Promise<void> =>
  context.write(async (tx) => {
    const doors = await doorsOf(tx, [context.database.id]);
    const missing = doors
      .filter(
        ({ type, follows }) =>
          type === 'redis+ssl' && !doors.some((one) => one.type === 'redis' && one.follows === follows),
      )
      .flatMap(({ follows }) => (follows === null ? [] : [{ type: 'redis', follows } as const]));
    if (missing.length > 0) await takeDoors(tx, context.control.ports, context.database.id, missing);
  });

/** Nobody comes in by the plain doors any more, and whoever is in has to leave. Their ports are given back when the operation ends. */
export const closePlainDoors = async (context: AttemptContext): Promise<void> => {
  const ports = (await plainDoorsOf(context)).map(({ port }) => port);
  try {
    await atRunningEdge(context, () => context.engines.edge.closeDoors(ports, context.signal));
  } catch (error) {
    if (!isHoldfastError(error, 'edge_ports_taken')) throw error;
  }
  await dropPlainClients(context);
};

/** A server before 7.0 was started anew for the change of its port, and has none. */
const dropPlainClients = async (context: AttemptContext): Promise<void> => {
  const { control, database, environment, signal } = context;
  if (compareVersions(database.version, '7.0') < 0) return;
  const { address } = serverOf(control, database, environment);
  await asManager(context, (node) =>
    node.command(['CLIENT', 'KILL', 'LADDR', `${address}:${serverPorts.plain}`], signal),
  ).catch((error: unknown) => {
    if (!isNoSuchClient(error)) throw error;
  });
};

/** In its old form, with nobody to end, the command is an error. */
const isNoSuchClient = (error: unknown): boolean =>
  isHoldfastError(error, 'server_not_ready') && /No such client/.test(error.detail);

/** The way back: plain doors that were taken are given back. */
export const giveBackPlainDoors = (context: AttemptContext): Promise<void> =>
  context.write((tx) => releasePlainDoors(tx, context.database.id));
