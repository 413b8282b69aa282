import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths } from '#domain/server/names.js';
import { promisedSettings } from '#domain/server/redis-configuration.js';
import { letAnybodyIn, withoutSecrets } from '#domain/server/users.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { faultPoints } from '#observability/fault-points.js';
import type { FileEntry } from '#engine/ports/container-engine.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { serverFiles, usersFile } from '../server/files.js';
import { openAuthority, openPasswords } from '../server/material.js';
import { serverOf, type Server } from '../server/server.js';
import { insideThrowAway, removeThrowAway, throwAwayOf, throwAwaySpec, type ThrowAway } from './throw-away.js';

const readyMs = 60_000;
const lastWordsLines = 20;
const certificateMs = 3_600_000;

/** What is on trial: settings for the version that runs, or another version with the settings that there are. */
export type OnTrial = 'setting_refused' | 'upgrade_incompatible' | 'way_back_blocked';

/**
 * Starts the files that a server would get in a container of its image, without a network and without data, and looks whether it runs with what it was
 * told and takes the users that the tenant has saved. What it is in its tree, its certificate and its plain port are not its own there, and it lets
 * anybody in. The context's database is the one that is to be. Errors: the one of what is on trial, `server_not_ready`.
 */
export const dryStart = async (context: AttemptContext, onTrial: OnTrial): Promise<void> => {
  const server = throwAwayOf(context);
  // What an attempt that died has left; only one that is made anew has these files.
  await removeThrowAway(context);
  try {
    await make(context, server);
    await faultPoints.reached('dry-start:made');
    await requireTaken(context, server, onTrial);
    await faultPoints.reached('dry-start:taken');
  } catch (error) {
    // The error says more than that something is left: the rollback, or the next attempt, looks once more.
    await leaveNothing(context).catch(() => undefined);
    throw error;
  }
  await leaveNothing(context);
};

/** Also of an attempt that was interrupted: its signal is spent, and its worker may end before another one comes. */
const leaveNothing = (context: AttemptContext): Promise<void> =>
  removeThrowAway({ ...context, signal: uninterrupted() });

const make = async (context: AttemptContext, server: ThrowAway): Promise<void> => {
  const { containers } = context.engines;
  const { name, owner } = server;
  await containers.ensureVolume({ name, owner, labels: {} }, uninterrupted());
  await containers.createContainer(throwAwaySpec(server, context), uninterrupted());
  await containers.writeFiles(name, serverPaths.root, await filesOf(context), context.signal);
  await containers.startContainer(name, context.signal);
};

/** The plain port is where it is asked. */
const serverToBe = ({ control, database, environment }: AttemptContext): Server =>
  serverOf(control, { ...database, tls_only: false }, environment);

const filesOf = async (context: AttemptContext): Promise<readonly FileEntry[]> => {
  const { control, engines, database, signal } = context;
  const server = serverToBe(context);
  const authority = openAuthority(context);
  const now = control.now().getTime();
  const certificate = await engines.certificates.issue(authority, {
    ...{ dnsNames: ['localhost'], ipAddresses: [] },
    ...{ notBefore: new Date(now - certificateMs), notAfter: new Date(now + certificateMs) },
  });
  const users = await engines.containers.readFile(server.name, serverPaths.users, signal);
  const material = {
    ...{ certificate, authorityPem: authority.certificatePem },
    role: { kind: 'primary', followers: 0 } as const,
    followers: [],
    passwords: await openPasswords(control, database.id),
    existingUsers: users?.toString('utf8') ?? null,
  };
  const { path } = usersFile(server, material);
  return serverFiles(server, material).map((file) =>
    file.path === path ? { ...file, content: letAnybodyIn(database.version, String(file.content)) } : file,
  );
};

const requireTaken = async (context: AttemptContext, server: ThrowAway, onTrial: OnTrial): Promise<void> => {
  const promised = promisedSettings(serverToBe(context).shape);
  const found = await waitUntil(
    async (signal) => {
      const end = await endOf(context, server, onTrial, signal);
      if (end) return end;
      const node = await context.engines.redis.connect(insideThrowAway(context, server), signal);
      try {
        return await node.configGet(Object.keys(promised), signal);
      } finally {
        node.close();
      }
    },
    { describe: 'the throw-away server', deadlineMs: readyMs, intervalMs: 20 },
    context.signal,
  );
  if (found instanceof HoldfastError) throw found;
  const other = Object.entries(promised).filter(([name, value]) => found[name] !== value);
  if (other.length === 0) return;
  const list = other.map(([name, value]) => `${name} is "${found[name] ?? 'missing'}" in place of "${value}"`);
  throw new HoldfastError(onTrial, `${tried(context)} runs with others: ${list.join('; ')}.`);
};

/** Undefined while it runs. */
const endOf = async (context: AttemptContext, { name, owner }: ThrowAway, onTrial: OnTrial, signal: AbortSignal) => {
  const { containers } = context.engines;
  const container = await containers.inspectContainer(name, owner, signal);
  if (container?.state === 'running') return undefined;
  if (!container) return new HoldfastError('server_not_ready', 'The throw-away server was removed.');
  const words = withoutSecrets((await containers.tailLogs(name, lastWordsLines, signal)).trim());
  await context.log('error', words);
  const complaint = words.split('\n').findLast((line) => !line.startsWith('>>>')) ?? '';
  return new HoldfastError(onTrial, `${tried(context)} ends: ${complaint}`);
};

const tried = ({ database }: AttemptContext): string =>
  `A Redis ${database.version} that starts with the settings and users of "${database.handle}"`;
