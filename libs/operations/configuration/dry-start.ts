import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths, serverUser } from '#domain/server/names.js';
import { promisedSettings, renderRedisConfiguration } from '#domain/server/redis-configuration.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { faultPoints } from '#observability/fault-points.js';
import type { FileEntry } from '#engine/ports/container-engine.js';
import type { AttemptContext } from '../run/context.js';
import { uninterrupted } from '../run/uninterrupted.js';
import { openAuthority } from '../server/material.js';
import { serverOf } from '../server/server.js';
import { insideThrowAway, removeThrowAway, throwAwayOf, throwAwaySpec, type ThrowAway } from './throw-away.js';

const readyMs = 60_000;
const lastWordsLines = 20;
const certificateMs = 3_600_000;

/**
 * Starts the file that a server would get in a container of the same image, without a network and without data, and looks whether it runs with what it was
 * told. What it is in its tree, its secrets and its plain port are not its own there. The context's database is the one that is to be. Errors:
 * `setting_refused`, `server_not_ready`.
 */
export const dryStart = async (context: AttemptContext): Promise<void> => {
  const server = throwAwayOf(context);
  try {
    await make(context, server);
    await faultPoints.reached('dry-start:made');
    await requireTaken(context, server);
    await faultPoints.reached('dry-start:taken');
  } finally {
    await removeThrowAway(context);
  }
};

const make = async (context: AttemptContext, server: ThrowAway): Promise<void> => {
  const { containers } = context.engines;
  const { name, owner } = server;
  await containers.ensureVolume({ name, owner, labels: {} }, uninterrupted());
  await containers.createContainer(throwAwaySpec(server, context), uninterrupted());
  await containers.writeFiles(name, serverPaths.root, await filesOf(context), context.signal);
  await containers.startContainer(name, context.signal);
};

const shapeOf = ({ control, database, environment }: AttemptContext) => ({
  ...serverOf(control, database, environment).shape,
  tlsOnly: false,
});

const filesOf = async (context: AttemptContext): Promise<FileEntry[]> => {
  const { control, engines, database } = context;
  const authority = openAuthority(context);
  const now = control.now().getTime();
  const { certificatePem, privateKeyPem } = await engines.certificates.issue(authority, {
    ...{ dnsNames: ['localhost'], ipAddresses: [] },
    ...{ notBefore: new Date(now - certificateMs), notAfter: new Date(now + certificateMs) },
  });
  const anybody = `user default on nopass ~* ${compareVersions(database.version, '6.2') < 0 ? '' : '&* '}+@all\n`;
  const folder = (path: string): FileEntry => ({ path, content: null, mode: 0o700, ...serverUser });
  const file = (path: string, content: string): FileEntry => ({
    ...{ path: path.slice(serverPaths.root.length + 1), content, mode: 0o600 },
    ...serverUser,
  });
  return [
    ...['conf', 'conf/tls', 'acl', 'data'].map(folder),
    file(serverPaths.configuration, renderRedisConfiguration(shapeOf(context), { kind: 'primary', followers: 0 })),
    file(serverPaths.users, anybody),
    file(serverPaths.certificate, certificatePem),
    file(serverPaths.privateKey, privateKeyPem),
    file(serverPaths.authority, authority.certificatePem),
  ];
};

const requireTaken = async (context: AttemptContext, server: ThrowAway): Promise<void> => {
  const promised = promisedSettings(shapeOf(context));
  const found = await waitUntil(
    async (signal) => {
      const end = await endOf(context, server, signal);
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
  throw new HoldfastError('setting_refused', `A server that starts with them runs with others: ${list.join('; ')}.`);
};

/** Undefined while it runs. */
const endOf = async (context: AttemptContext, { name, owner }: ThrowAway, signal: AbortSignal) => {
  const { containers } = context.engines;
  const container = await containers.inspectContainer(name, owner, signal);
  if (container?.state === 'running') return undefined;
  if (!container) return new HoldfastError('server_not_ready', 'The throw-away server was removed.');
  const words = (await containers.tailLogs(name, lastWordsLines, signal)).trim();
  await context.log('error', words);
  const complaint = words.split('\n').findLast((line) => !line.startsWith('>>>')) ?? '';
  return new HoldfastError('setting_refused', `A server that starts with them ends: ${complaint}`);
};
