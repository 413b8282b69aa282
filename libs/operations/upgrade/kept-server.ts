import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths } from '#domain/server/names.js';
import { requireFitting } from '#domain/upgrade/way-back.js';
import { noteCertificate } from '#persistence/incarnations.js';
import { requireFit } from '../configuration/memory.js';
import { dryStart } from '../configuration/dry-start.js';
import { ensureImage, makeContainer, remove, serverIn, start, stop } from '../kinds/server-actions.js';
import { copyTenantUsers } from '../replication/users.js';
import { viewOf } from '../replication/view.js';
import { requireDatabases, requireNoReplicas } from '../requests/request-go-back.js';
import { on, type AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { awaitAnswer } from '../server/readiness.js';
import { containerNetwork, containerSpec } from '../server/server.js';
import { backPartiesOf, bothBefore, wayBackIn, type Both } from './back-parties.js';
import { freshRow } from './parties.js';
import { requireRoom } from './safety-backup.js';
import { tellLeftOut } from './settings-left-out.js';

/** The server that was kept, until it serves again. */

/** What can be seen without trying anything. Errors: `way_back_missing`, `way_back_blocked`, `database_has_replicas`, `image_unavailable`, `host_full`. */
export const checkWayBack = async (context: AttemptContext): Promise<void> => {
  const { kept, other, today } = await backPartiesOf(context);
  if (!kept || !other) throw gone(context);
  // An operation that stood in line before this one may have changed it.
  requireFitting(kept, other);
  await requireNoReplicas(context.control.db, kept);
  await requireDatabases(context.control.db, kept, other);
  const there = on(context, kept);
  await requireVolume(there);
  if (today) await usersOfToday(on(context, today));
  await ensureImage(there);
  await requireRoom(there);
};

const gone = (context: AttemptContext): HoldfastError =>
  new HoldfastError('way_back_missing', `The server of version ${wayBackIn(context).version} is not kept any more.`);

/** An empty server is never passed off as the one that was kept. Errors: `way_back_missing`. */
const requireVolume = async (kept: AttemptContext): Promise<void> => {
  const { volume, owner } = serverIn(kept);
  if (!(await kept.engines.containers.volumeExists(volume, owner, kept.signal))) throw gone(kept);
};

/**
 * The file with the tenant's own users; null when it is gone with its volume. As long as it can be read again, the users of then do not take their
 * place: one that was locked out since would come back. Errors: `way_back_blocked`.
 */
const usersOfToday = async (today: AttemptContext): Promise<Buffer | null> => {
  const { name, volume, owner } = serverIn(today);
  const { containers } = today.engines;
  const users = await containers.readFile(name, serverPaths.users, today.signal);
  if (users !== null || !(await containers.volumeExists(volume, owner, today.signal))) return users;
  const { handle } = today.database;
  throw new HoldfastError(
    'way_back_blocked',
    `The container of "${handle}" is missing, so nobody can read its users.`,
    {
      remedy: `Make it again with \`holdfast db:reload ${handle}\`, then ask again.`,
    },
  );
};

const usersFor = async ({ kept, today }: Both): Promise<Buffer | null> => {
  const users = await usersOfToday(today);
  if (users !== null) return users;
  await kept.log('warn', 'The server of today is gone with its volume: the own users of the tenant are those of then.');
  return kept.engines.containers.readFile(serverIn(kept).name, serverPaths.users, kept.signal);
};

/** The old version takes today's settings and users. Errors: `way_back_blocked`. */
export const tryOldVersion = async (context: AttemptContext): Promise<void> => {
  const { kept } = await bothBefore(context);
  const { version, image, tls_protocols } = kept.database;
  const row = await freshRow(context);
  await tellLeftOut(context, row, version);
  await dryStart(on(context, { ...row, version, image, tls_protocols }), 'way_back_blocked');
};

/**
 * A container on its volume for what the database is today: its size, settings, handle and certificate, its passwords and the tenant's users. It
 * is fenced, and does not have the handle yet. One that still runs saves what it has first.
 */
export const createKept = async (context: AttemptContext): Promise<void> => {
  const both = await bothBefore(context);
  const { kept } = both;
  const { control, environment, operation } = context;
  await requireVolume(kept);
  await stop(kept);
  await remove(kept);
  const spec = containerSpec(control, serverIn(kept), kept.database, environment, operation.id);
  const notAfter = await makeContainer(
    kept,
    { ...spec, network: { ...containerNetwork(control, serverIn(kept), kept.database, environment), aliases: [] } },
    { kind: 'fenced' },
    () => usersFor(both),
  );
  await context.write((tx) => noteCertificate(tx, kept.database, notAfter));
};

export const startKept = async (context: AttemptContext): Promise<void> => start((await bothBefore(context)).kept);

/** It has loaded its data, and they fit. Errors: `server_not_ready`, `memory_in_use`. */
export const awaitKept = async (context: AttemptContext): Promise<void> => {
  const { kept } = await bothBefore(context);
  (await awaitAnswer(kept, serverIn(kept))).close();
  await requireFit(kept);
};

/** It knows users that the tenant has not saved, and is found by the handle: a stopped container is not, so soon only this one is. */
export const prepareKept = async (context: AttemptContext): Promise<void> => {
  const { kept, today } = await bothBefore(context);
  if (await viewOf(today)) await copyTenantUsers(kept, today);
  const server = serverIn(kept);
  const network = containerNetwork(context.control, server, kept.database, context.environment);
  // Half of it would leave the server without a network.
  await context.engines.containers.ensureAttached(server.name, network, uninterrupted());
};
