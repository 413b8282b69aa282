import type { DeprovisionSituation, ServerSituation } from '#domain/operation/decide-server.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { labels, serverPaths } from '#domain/server/names.js';
import type { ServerRole } from '#domain/server/server-role.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { memoryLimitBytes, stopGraceSeconds } from '#domain/database/size.js';
import type { ContainerSpec } from '#engine/ports/container-engine.js';
import { faultPoints } from '#observability/fault-points.js';
import { allottedMemoryMb, updateDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import { startableMode } from '../configuration/file-mode.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { followerLogins, openPasswords } from '../server/material.js';
import { authoritiesOf, certificateOf } from '../server/own-certificate.js';
import { recordedRole } from '../server/role.js';
import { serverFiles } from '../server/files.js';
import { together } from './together.js';
import { containerSpec, networkSpec, serverOf, volumeSpec, type Server } from '../server/server.js';

/** The actions that provision, restart, reload and deprovision are made of. Each may be repeated at any time. */

export const serverIn = (context: AttemptContext): Server =>
  serverOf(context.control, context.database, context.environment);

export const observeServer = async (context: AttemptContext, done: ReadonlySet<string>): Promise<ServerSituation> => {
  const server = serverIn(context);
  const container = await context.engines.containers.inspectContainer(server.name, server.owner, context.signal);
  return {
    operationId: context.operation.id,
    generation: context.database.generation,
    container: container && {
      owned: container.owned,
      running: container.state === 'running' || container.state === 'restarting',
      generation: Number(container.labels[labels.generation] ?? 0),
      operationId: container.labels[labels.operation] ?? '',
      startedAt: container.startedAt,
    },
    done,
  };
};

export const observeServerAndVolume = async (
  context: AttemptContext,
  done: ReadonlySet<string>,
): Promise<DeprovisionSituation> => {
  const server = serverIn(context);
  const [situation, volumeExists] = await Promise.all([
    observeServer(context, done),
    context.engines.containers.volumeExists(server.volume, server.owner, context.signal),
  ]);
  return { ...situation, volumeExists };
};

/** The image is there or pulled, the host has room, the environment's network and the volume exist. */
export const prepare = async (context: AttemptContext): Promise<void> => {
  const { containers } = context.engines;
  const { control, environment } = context;
  await together(
    ensureImage(context),
    requireRoom(context),
    containers.ensureNetwork(networkSpec(control, environment), uninterrupted()),
    containers.ensureVolume(volumeSpec(serverIn(context), environment), uninterrupted()),
  );
};

export const ensureImage = async ({ engines, database, signal, log }: AttemptContext): Promise<void> => {
  if (await engines.containers.hasImage(database.image, signal)) return;
  await log('info', `Pulling the image ${database.image}.`);
  await engines.containers.pullImage(database.image, signal);
};

/** Errors: `host_full`. */
export const requireRoom = async ({
  engines,
  control,
  database,
  memoryOvercommit,
  signal,
}: AttemptContext): Promise<void> => {
  const [host, allottedMb] = await Promise.all([
    engines.containers.info(signal),
    allottedMemoryMb(control.db, database.id),
  ]);
  const roomBytes = host.memoryBytes * memoryOvercommit - memoryLimitBytes(allottedMb);
  if (memoryLimitBytes(database.memory_mb) <= Math.min(roomBytes, host.memoryBytes)) return;
  throw new HoldfastError(
    'host_full',
    `${database.memory_mb} MB do not fit: the host has ${Math.floor(host.memoryBytes / 1024 / 1024)} MB and ${allottedMb} MB are allotted.`,
  );
};

const makesNewVolume = new Set<OperationKind>(['provision', 'replicate']);

/** A container of the rendered settings, not started, with all its files in one archive call. */
export const create = async (context: AttemptContext): Promise<void> => {
  const { engines, control, database, environment, operation, signal } = context;
  const server = serverIn(context);
  // A new volume has no users yet; any other keeps those that the tenant saved.
  const users = () =>
    makesNewVolume.has(operation.kind)
      ? Promise.resolve(null)
      : engines.containers.readFile(server.name, serverPaths.users, signal);
  const spec = containerSpec(control, server, database, environment, operation.id);
  const mode = makesNewVolume.has(operation.kind) ? undefined : () => startableMode(context);
  const notAfter = await makeContainer(context, spec, await recordedRole(control, database, environment), users, mode);
  await context.write((tx) => updateDatabase(tx, database.id, { certificate_not_after: notAfter }));
};

/**
 * Returns until when its certificate is good. `users` reads the `users.acl` whose tenant's users it will have, `mode` says what a start on its volume may
 * rely on.
 */
export const makeContainer = async (
  context: AttemptContext,
  spec: ContainerSpec,
  role: ServerRole,
  users: () => Promise<Buffer | null>,
  mode: () => Promise<PersistenceMode> = () => Promise.resolve(context.database.persistence),
): Promise<Date> => {
  const { engines, control, database, signal } = context;
  const server = serverIn(context);
  const [{ keyPair, notAfter }] = await Promise.all([
    certificateOf(context, server),
    engines.containers.createContainer(spec, uninterrupted()),
  ]);
  await faultPoints.reached('create:container-made');
  const existing = await users();
  const followers = await followersOf(control.db, database.id);
  const shape = { ...server.shape, persistence: await mode() };
  const files = serverFiles(
    { ...server, shape },
    {
      role,
      followers: await followerLogins(control, followers),
      authorityPem: await authoritiesOf(context),
      certificate: keyPair,
      passwords: await openPasswords(control, database.id),
      existingUsers: existing?.toString('utf8') ?? null,
    },
  );
  await engines.containers.writeFiles(server.name, serverPaths.root, files, signal);
  await faultPoints.reached('create:files-written');
  return notAfter;
};

export const start = (context: AttemptContext): Promise<void> =>
  context.engines.containers.startContainer(serverIn(context).name, context.signal);

/** Asks the server to end, so that it saves; says so when it had to be killed. */
export const stop = async (
  context: AttemptContext,
  graceSeconds = stopGraceSeconds(context.database.memory_mb),
): Promise<void> => {
  const { containers } = context.engines;
  const outcome = await containers.stopContainer(serverIn(context).name, graceSeconds, context.signal);
  if (outcome !== 'killed') return;
  const lost = context.database.persistence === 'rdb' ? ' What was written since its last save is lost.' : '';
  await context.log('warn', `The server did not end within ${graceSeconds} s and was killed.${lost}`);
};

export const remove = (context: AttemptContext): Promise<void> => {
  const server = serverIn(context);
  return context.engines.containers.ensureContainerAbsent(server.name, server.owner, context.signal);
};

export const removeVolume = (context: AttemptContext): Promise<void> => {
  const server = serverIn(context);
  return context.engines.containers.ensureVolumeAbsent(server.volume, server.owner, context.signal);
};
