import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { doorsOf } from '#persistence/doors.js';
import type { DoorRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';
import { trust } from './manager.js';
import { openPasswords } from './material.js';
import type { Server } from './server.js';

/**
 * Reaches every door as a client does: from outside, with the issued password, the certificate verified where there is TLS.
 * A guarded door may keep us out. There the edge is asked where it leads, and the server is reached behind it.
 */
export const verifyDoors = async (context: AttemptContext, server: Server): Promise<void> => {
  const [all, passwords] = await Promise.all([
    doorsOf(context.control.db, [context.database.id]),
    openPasswords(context.control, context.database.id),
  ]);
  // A server that is to have no plain port has no plain door either, whatever is recorded until then.
  const doors = all.filter(({ type }) => type !== 'redis' || !server.shape.tlsOnly);
  const password = passwords.tenant[0] ?? '';
  const guarded = doors.filter(isGuarded);
  if (guarded.length > 0) await requireLeading(context, server, guarded);
  await Promise.all(doors.map((door) => verifyDoor(context, server, door, password)));
};

const isGuarded = (door: DoorRow): boolean =>
  door.allow.length > 0 || door.connection_limit !== null || door.bind_address !== null;

const requireLeading = async (context: AttemptContext, server: Server, doors: readonly DoorRow[]): Promise<void> => {
  const known = new Map((await context.engines.edge.listDoors(context.signal)).map((door) => [door.port, door]));
  for (const door of doors) {
    const found = known.get(door.port);
    if (found?.address === server.address && found.targetPort === targetPortOf(door)) continue;
    const way = found ? `leads to ${found.address}:${found.targetPort}` : 'leads nowhere';
    throw new HoldfastError('server_not_ready', `Port ${door.port} of the edge ${way}.`);
  }
};

const verifyDoor = async (context: AttemptContext, server: Server, door: DoorRow, password: string): Promise<void> => {
  const tls = door.type === 'redis+ssl' ? await trust(context, server) : null;
  const [host, port] = isGuarded(door) ? [server.address, targetPortOf(door)] : [context.edgeAddress, door.port];
  const node = await context.engines.redis.connect(
    { host, port, username: serverUsers.tenant, password, tls },
    context.signal,
  );
  try {
    await node.ping(context.signal);
  } finally {
    node.close();
  }
};

const targetPortOf = (door: DoorRow): number => (door.type === 'redis+ssl' ? serverPorts.tls : serverPorts.plain);
