import { persistenceSettings, type PersistenceMode } from '../database/persistence.js';
import { maxmemoryBytes, type MaxmemoryPolicy } from '../database/size.js';
import { compareVersions } from '../catalogue/version.js';
import { serverPaths, serverPorts } from './names.js';
import { roleSettings, type ServerRole } from './server-role.js';

export interface ServerShape {
  readonly version: string;
  readonly persistence: PersistenceMode;
  readonly memoryMb: number;
  readonly maxmemoryPolicy: MaxmemoryPolicy;
  readonly tlsOnly: boolean;
  readonly tlsProtocols: readonly string[];
}

/**
 * The settings that a provision promises and then verifies with `CONFIG GET` on the running server.
 * All else in the file is plumbing.
 */
export const promisedSettings = (shape: ServerShape): Readonly<Record<string, string>> => ({
  ...persistenceSettings[shape.persistence],
  maxmemory: String(maxmemoryBytes(shape.memoryMb, shape.persistence)),
  'maxmemory-policy': shape.maxmemoryPolicy,
  port: shape.tlsOnly ? '0' : String(serverPorts.plain),
  'tls-port': String(serverPorts.tls),
  'tls-protocols': shape.tlsProtocols.join(' '),
});

/**
 * The complete `redis.conf`. It is always rendered whole and never rewritten by the server (no `CONFIG REWRITE`), so what
 * a restart brings back, the control plane up or down, is exactly what was decided here.
 */
export const renderRedisConfiguration = (shape: ServerShape, role: ServerRole): string =>
  [
    ...Object.entries(roleSettings(role, shape.persistence)),
    ...plumbing,
    ...guards(shape.version),
    ...Object.entries(promisedSettings(shape)),
    ...replicationBuffers(shape.memoryMb),
    ...tuning,
  ]
    .flatMap(([name, value]) => (name === 'save' ? saveLines(value) : [`${name} ${quote(name, value)}`]))
    .map((line) => `${line}\n`)
    .join('');

/** Before 7.0 a `save` line takes one pair only. */
const saveLines = (value: string): string[] => value.match(/\d+ \d+/g)?.map((pair) => `save ${pair}`) ?? ['save ""'];

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
const replicationBuffers = (memoryMb: number): readonly Setting[] => {
  const backlogMb = Math.min(64, Math.max(1, Math.floor(memoryMb / 64)));
  const hardMb = Math.max(16, Math.floor(memoryMb * 0.15));
  return [
    ['repl-backlog-size', `${backlogMb}mb`],
    ['client-output-buffer-limit', `replica ${hardMb}mb ${Math.floor(hardMb / 2)}mb 60`],
  ];
};

const severalWords = new Set(['replicaof', 'client-output-buffer-limit']);
const quote = (name: string, value: string): string =>
  value === '' || (/\s/.test(value) && !severalWords.has(name)) ? `"${value}"` : value;
