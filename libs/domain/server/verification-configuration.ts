import type { PersistenceMode } from '../database/persistence.js';
import { compareVersions } from '../catalogue/version.js';
import { encodingSettings, maximumDatabases } from '../settings/allow-list.js';
import { chosenSettings, type Settings } from '../settings/settings.js';
import { serverPaths, serverPorts } from './names.js';

/** Where a throw-away server listens, on its container's loopback. */
export const verificationPort = serverPorts.plain;

/**
 * `redis.conf` of a server that shows what a backup holds and is thrown away: it starts with the data in the way that a server of this mode does,
 * keeps nothing of its own accord, and answers whoever is in its container, which has no network. It has no memory limit: a limit evicts,
 * and a verification must not lose keys.
 */
export const renderVerificationConfiguration = (
  version: string,
  persistence: PersistenceMode,
  chosen: Settings = {},
): string =>
  [...settings(persistence), ...shaping(version, persistence, chosen), ...debugging(version)]
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');

type Setting = readonly [name: string, value: string];

const settings = (persistence: PersistenceMode): readonly Setting[] => [
  ['bind', '127.0.0.1'],
  ['port', String(verificationPort)],
  ['protected-mode', 'no'],
  ['daemonize', 'no'],
  ['dir', serverPaths.data],
  ['dbfilename', 'dump.rdb'],
  ['logfile', '""'],
  // As many as any server may have.
  ['databases', String(maximumDatabases)],
  ['save', '""'],
  ['appendonly', persistence === 'aof' ? 'yes' : 'no'],
  ['appendfsync', 'no'],
  // The digest of the values removes keys: no reason to write the rest again.
  ['auto-aof-rewrite-percentage', '0'],
  // The file was just written whole. What the server cannot read of it is an error.
  ['aof-load-truncated', 'no'],
];

/** How compact the data are in memory: with Redis' own values they may not fit where they were. */
const shaping = (version: string, persistence: PersistenceMode, chosen: Settings): readonly Setting[] => {
  const encodings = Object.entries(chosen).filter(([name]) => encodingSettings.has(name));
  return Object.entries(chosenSettings(version, { settings: Object.fromEntries(encodings), persistence }));
};

/** `DEBUG DIGEST` tells whether the values are the same. Before 7.0 the command needs no leave. */
const debugging = (version: string): readonly Setting[] =>
  compareVersions(version, '7.0') >= 0 ? [['enable-debug-command', 'local']] : [];
