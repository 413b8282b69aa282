import { maxmemoryPolicies } from '../database/size.js';
import { defaultLimits } from './buffer-limits.js';
import type { ValueType } from './value-types.js';

/** One Redis setting that a tenant may choose. */
export interface SettingDefinition {
  /** As the newest Redis calls it; so it is recorded. */
  readonly name: string;
  /** What it was called before a version. */
  readonly formerly?: { readonly until: string; readonly name: string };
  /** The first version that has it, and the first that has it no more. */
  readonly since?: string;
  readonly until?: string;
  readonly type: ValueType;
  /** In force by `CONFIG SET`, with no client noticing; or only after another start. */
  readonly apply: 'hot' | 'restart';
  /** What Holdfast starts a server with. */
  readonly default: string;
}

type More = Partial<Pick<SettingDefinition, 'formerly' | 'since' | 'until' | 'apply'>>;

const setting = (name: string, type: ValueType, value: string, more: More = {}): SettingDefinition => ({
  name,
  type,
  default: value,
  apply: 'hot',
  ...more,
});
const integer = (name: string, minimum: number, maximum: number, value: number, more?: More): SettingDefinition =>
  setting(name, { kind: 'integer', minimum, maximum }, String(value), more);
const boolean = (name: string, value: 'yes' | 'no', more?: More): SettingDefinition =>
  setting(name, { kind: 'boolean' }, value, more);
const bytes = (name: string, minimum: number, maximum: number, value: number, more?: More): SettingDefinition =>
  setting(name, { kind: 'bytes', minimum, maximum }, String(value), more);

const mebibyte = 1024 ** 2;
const billion = 1_000_000_000;
/** Small collections were ziplists before 7.0. */
const ziplist = (rest: string): More => ({ formerly: { until: '7.0', name: rest } });

export const maximumDatabases = 256;

/** How values lie in memory. */
const encodings: readonly SettingDefinition[] = [
  integer('hash-max-listpack-entries', 0, 65_536, 512, ziplist('hash-max-ziplist-entries')),
  integer('hash-max-listpack-value', 0, 65_536, 64, ziplist('hash-max-ziplist-value')),
  integer('list-max-listpack-size', -5, 65_536, -2, ziplist('list-max-ziplist-size')),
  integer('list-compress-depth', 0, 65_536, 0),
  integer('set-max-intset-entries', 0, 65_536, 512),
  integer('set-max-listpack-entries', 0, 65_536, 128, { since: '7.2' }),
  integer('set-max-listpack-value', 0, 65_536, 64, { since: '7.2' }),
  integer('zset-max-listpack-entries', 0, 65_536, 128, ziplist('zset-max-ziplist-entries')),
  integer('zset-max-listpack-value', 0, 65_536, 64, ziplist('zset-max-ziplist-value')),
  integer('hll-sparse-max-bytes', 0, 16_000, 3000),
  bytes('stream-node-max-bytes', 0, 16 * mebibyte, 4096),
  integer('stream-node-max-entries', 0, billion, 100),
];
export const encodingSettings: ReadonlySet<string> = new Set(encodings.map(({ name }) => name));

/**
 * The allow-list: what a tenant may set, on which versions, within which bounds. Whatever is not here is Holdfast's or nobody's. The names,
 * defaults and what needs a restart were read off Redis 6.0, 7.0 and 8.0; test/e2e/settings.spec.ts holds the list to them.
 */
export const allowList: readonly SettingDefinition[] = [
  // Eviction and expiry
  setting('maxmemory-policy', { kind: 'choice', values: maxmemoryPolicies }, 'noeviction'),
  integer('maxmemory-samples', 1, 64, 5),
  integer('maxmemory-eviction-tenacity', 0, 100, 10, { since: '6.2' }),
  integer('lfu-log-factor', 0, 255, 10),
  integer('lfu-decay-time', 0, 65_535, 1),
  integer('active-expire-effort', 1, 10, 1),
  boolean('lazyfree-lazy-eviction', 'no'),
  boolean('lazyfree-lazy-expire', 'no'),
  boolean('lazyfree-lazy-server-del', 'no'),
  boolean('lazyfree-lazy-user-del', 'no'),
  boolean('lazyfree-lazy-user-flush', 'no', { since: '6.2' }),
  boolean('replica-lazy-flush', 'no'),
  // Clients
  integer('timeout', 0, 31_536_000, 0),
  integer('tcp-keepalive', 0, 86_400, 300),
  // Fewer would shut Holdfast out.
  integer('maxclients', 64, 65_000, 10_000),
  setting('client-output-buffer-limit', { kind: 'buffer-limits' }, defaultLimits),
  integer('tracking-table-max-keys', 0, billion, 1_000_000),
  setting('notify-keyspace-events', { kind: 'events' }, ''),
  // Looking on
  integer('slowlog-log-slower-than', -1, billion, 10_000),
  integer('slowlog-max-len', 0, 100_000, 128),
  integer('latency-monitor-threshold', 0, 3_600_000, 0),
  boolean('latency-tracking', 'yes', { since: '7.0' }),
  integer('acllog-max-len', 0, 10_000, 128),
  ...encodings,
  // The server at work
  integer('hz', 1, 500, 10),
  boolean('dynamic-hz', 'yes'),
  boolean('activerehashing', 'yes'),
  integer('busy-reply-threshold', 100, 60_000, 5000, { formerly: { until: '7.0', name: 'lua-time-limit' } }),
  boolean('activedefrag', 'no'),
  bytes('active-defrag-ignore-bytes', mebibyte, 1024 ** 4, 100 * mebibyte),
  integer('active-defrag-threshold-lower', 0, 1000, 10),
  integer('active-defrag-threshold-upper', 0, 1000, 100),
  integer('active-defrag-cycle-min', 1, 99, 1),
  integer('active-defrag-cycle-max', 1, 99, 25),
  integer('active-defrag-max-scan-fields', 1, billion, 1000),
  integer('databases', 1, maximumDatabases, 16, { apply: 'restart' }),
  // Each thread counts against the processes that a container may have.
  integer('io-threads', 1, 8, 1, { apply: 'restart' }),
  boolean('io-threads-do-reads', 'no', { apply: 'restart', until: '8.0' }),
  // Persistence, within the mode. `appendfsync no` would break the promise of the mode `aof`.
  setting('appendfsync', { kind: 'choice', values: ['everysec', 'always'] }, 'everysec'),
  setting('save', { kind: 'save-points' }, '900 1 300 10 60 10000'),
  integer('auto-aof-rewrite-percentage', 10, 1000, 100),
  bytes('auto-aof-rewrite-min-size', mebibyte, 64 * 1024 * mebibyte, 64 * mebibyte),
  boolean('rdbcompression', 'yes'),
];

/** What is Holdfast's, and how a tenant says what it wants instead; the others just are. */
export const ownedSettings: Readonly<Record<string, string>> = {
  maxmemory: 'It follows from the size: use resize.',
  appendonly: 'It follows from the persistence mode: use "persistence".',
  port: 'Use "tlsOnly".',
  'tls-port': 'The encrypted port is always open.',
  requirepass: 'Use the users of the database.',
  'min-replicas-to-write': 'It keeps a former primary from taking writes.',
};

const ownedPatterns =
  /^(dir|bind|bind-source-addr|dbfilename|appendfilename|appenddirname|aclfile|acl-.*|masterauth|masteruser|user|rename-command|tls-.*|repl-.*|replica-(?!lazy).*|slave.*|replicaof|min-(replicas|slaves)-.*|cluster-.*|enable-.*|unixsocket.*|logfile|syslog-.*|pidfile|daemonize|supervised|protected-mode|loadmodule|include|oom-score-adj.*|shutdown-.*|rdb-.*|rdbchecksum|aof-.*|no-appendfsync-on-rewrite|stop-writes-on-bgsave-error)$/;

/** Why a setting is not the tenant's; undefined for one that nobody knows. */
export const whyOwned = (name: string): string | undefined =>
  (Object.hasOwn(ownedSettings, name) ? ownedSettings[name] : undefined) ??
  (ownedPatterns.test(name) ? 'Holdfast sets it, and its promises rest on it.' : undefined);
