import { persistenceSettings, type PersistenceMode } from '../database/persistence.js';
import { maxmemoryBytes, type MaxmemoryPolicy } from '../database/size.js';
import { compareVersions } from '../catalogue/version.js';
import { defaultLimits, withReplicas } from '../settings/buffer-limits.js';
import { chosenSettings, type Settings } from '../settings/settings.js';
import { serverPaths, serverPorts } from './names.js';
import { roleSettings, type ServerRole } from './server-role.js';

export interface ServerShape {
  readonly version: string;
  readonly persistence: PersistenceMode;
  readonly memoryMb: number;
  readonly maxmemoryPolicy: MaxmemoryPolicy;
  readonly tlsOnly: boolean;
  readonly tlsProtocols: readonly string[];
  /** Chosen by the tenant; the eviction policy is not among them. */
  readonly settings: Settings;
}

/**
 * The settings that a provision promises and then verifies with `CONFIG GET` on the running server.
 * All else in the file is plumbing.
 */
export const promisedSettings = (shape: ServerShape): Readonly<Record<string, string>> => ({
  ...persistenceSettings[shape.persistence],
  // Before those that are Holdfast's: nothing that is chosen can take their place.
  ...chosen(shape),
  maxmemory: String(maxmemoryBytes(shape.memoryMb, shape.persistence)),
  'maxmemory-policy': shape.maxmemoryPolicy,
  port: shape.tlsOnly ? '0' : String(serverPorts.plain),
  'tls-port': String(serverPorts.tls),
  'tls-protocols': shape.tlsProtocols.join(' '),
});

const chosen = (shape: ServerShape): Readonly<Record<string, string>> => {
  const settings = chosenSettings(shape.version, shape);
  return bufferLimits in settings ? { ...settings, [bufferLimits]: limitsOf(shape) } : settings;
};

const bufferLimits = 'client-output-buffer-limit';

/** Of all classes of clients, as `CONFIG GET` shows them. */
const limitsOf = ({ settings, memoryMb }: ServerShape): string =>
  withReplicas(settings[bufferLimits] ?? defaultLimits, replicaLimit(memoryMb));

/** What follows from the size of a server, in the form of `CONFIG GET`; all of it can be set while the server runs. */
export const sizedSettings = (shape: ServerShape): Readonly<Record<string, string>> => ({
  maxmemory: String(maxmemoryBytes(shape.memoryMb, shape.persistence)),
  'repl-backlog-size': String(backlogMb(shape.memoryMb) * mebibyte),
  [bufferLimits]: limitsOf(shape),
});

/**
 * The complete `redis.conf`. It is always rendered whole and never rewritten by the server (no `CONFIG REWRITE`), so what
 * a restart brings back, the control plane up or down, is exactly what was decided here.
 */
export const renderRedisConfiguration = (shape: ServerShape, role: ServerRole): string => {
  const promised = promisedSettings(shape);
  return [
    ...Object.entries(roleSettings(role, shape.persistence)),
    ...plumbing,
    ...guards(shape.version),
    ...Object.entries(promised),
    ...[...replicationBuffers(shape.memoryMb), ...tuning].filter(([name]) => !(name in promised)),
  ]
    .flatMap(linesOf)
    .map((line) => `${line}\n`)
    .join('');
};

/** Before 7.0 a line takes one save point, or the limits of one class of clients. */
const linesOf = ([name, value]: Setting): string[] => {
  switch (name) {
    case 'save':
      return value.match(/\d+ \d+/g)?.map((pair) => `save ${pair}`) ?? ['save ""'];
    case bufferLimits:
      return value.match(/\w+ \w+ \w+ \w+/g)?.map((limit) => `${name} ${limit}`) ?? [];
    default:
      return [`${name} ${quote(name, value)}`];
  }
};

type Setting = readonly [name: string, value: string];

const plumbing: readonly Setting[] = [
  ['bind', '0.0.0.0'],
  ['protected-mode', 'no'],
  ['daemonize', 'no'],
  ['supervised', 'no'],
  ['dir', serverPaths.data],
  ['dbfilename', 'dump.rdb'],
  ['logfile', ''],
  ['aclfile', serverPaths.users],
  ['tls-cert-file', serverPaths.certificate],
  ['tls-key-file', serverPaths.privateKey],
  ['tls-ca-cert-file', serverPaths.authority],
  ['tls-auth-clients', 'no'],
  ['tls-replication', 'yes'],
];

/** What no user may reach, not even one that a tenant made with `ACL SETUSER` (docs/adr/0004). */
const guards = (version: string): readonly Setting[] =>
  compareVersions(version, '7.0') >= 0
    ? [
        ['enable-protected-configs', 'no'],
        ['enable-debug-command', 'no'],
        ['enable-module-command', 'no'],
        ...renamed('SHUTDOWN'),
      ]
    : renamed('SHUTDOWN', 'DEBUG', 'MODULE');

/** A command renamed to nothing does not exist. The engine stops servers by signal, so nobody needs SHUTDOWN. */
const renamed = (...commands: string[]): readonly Setting[] =>
  commands.map((command) => [`rename-command ${command}`, '']);

/** Values of the reference's own file (managed-databases.md FL-3, FL-4), and what Holdfast needs to be fast and safe. */
const tuning: readonly Setting[] = [
  ['databases', '16'],
  ['maxclients', '10000'],
  ['tcp-backlog', '511'],
  ['timeout', '0'],
  ['tcp-keepalive', '300'],
  ['no-appendfsync-on-rewrite', 'no'],
  ['auto-aof-rewrite-percentage', '100'],
  ['auto-aof-rewrite-min-size', '64mb'],
  ['aof-load-truncated', 'yes'],
  ['aof-rewrite-incremental-fsync', 'yes'],
  ['stop-writes-on-bgsave-error', 'yes'],
  ['rdbcompression', 'yes'],
  ['rdbchecksum', 'yes'],
  ['repl-diskless-sync', 'yes'],
  // One that keeps its data in memory only keeps no copy of its source's either: it would come back with that, old as it is.
  ['rdb-del-sync-files', 'yes'],
  ['replica-serve-stale-data', 'yes'],
  ['replica-read-only', 'yes'],
  ['slowlog-log-slower-than', '10000'],
  ['slowlog-max-len', '128'],
  ['hz', '10'],
];

/**
 * The backlog lets a follower that was away for a moment go on where it stood; a follower too slow to take what its source writes during
 * a first copy is let go before the source's memory limit is reached. Redis' own limit of 256 MB is more than many containers have.
 */
const replicationBuffers = (memoryMb: number): readonly Setting[] => [
  ['repl-backlog-size', `${backlogMb(memoryMb)}mb`],
  [bufferLimits, `replica ${hardMb(memoryMb)}mb ${Math.floor(hardMb(memoryMb) / 2)}mb 60`],
];

const mebibyte = 1024 * 1024;
const backlogMb = (memoryMb: number): number => Math.min(64, Math.max(1, Math.floor(memoryMb / 64)));
const hardMb = (memoryMb: number): number => Math.max(16, Math.floor(memoryMb * 0.15));

const replicaLimit = (memoryMb: number) => ({
  hard: hardMb(memoryMb) * mebibyte,
  soft: Math.floor(hardMb(memoryMb) / 2) * mebibyte,
  seconds: 60,
});

const severalWords = new Set(['replicaof']);
const quote = (name: string, value: string): string =>
  value === '' || (/\s/.test(value) && !severalWords.has(name)) ? `"${value}"` : value;
