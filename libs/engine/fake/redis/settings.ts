import { compareVersions } from '#domain/catalogue/version.js';
import { allSettings } from '#domain/settings/settings.js';
import { bytes, mergedLimits, parseRedisConfiguration } from '../redis-files.js';
import { FakeReplyError } from './reply-error.js';

/** What a server runs with when its file is silent. A setting that is neither here nor in its file is unknown to it. */
const defaults: Readonly<Record<string, string>> = {
  port: '6379',
  'tls-port': '0',
  'tls-replication': 'no',
  appendonly: 'no',
  appendfsync: 'everysec',
  save: '3600 1 300 100 60 10000',
  dir: '/',
  dbfilename: 'dump.rdb',
  aclfile: '',
  maxmemory: '0',
  'maxmemory-policy': 'noeviction',
  replicaof: '',
  masteruser: '',
  masterauth: '',
  'replica-read-only': 'yes',
  'replica-priority': '100',
  'repl-diskless-sync': 'no',
  'repl-diskless-sync-delay': '5',
  'rdb-key-save-delay': '0',
  'repl-timeout': '60',
  'repl-backlog-size': '1048576',
  'min-replicas-to-write': '0',
  'min-replicas-max-lag': '10',
};

const immutable = new Set([
  'replicaof',
  'aclfile',
  'databases',
  'io-threads',
  'io-threads-do-reads',
  'daemonize',
  'supervised',
]);

/** As the packages of Debian are built: without the allocator that this needs. */
const unsupported = new Set(['activedefrag']);

const bufferLimits = 'client-output-buffer-limit';

/** The settings of one process: its file's, and what CONFIG SET made of them since. */
export class FakeSettings {
  private readonly values: Map<string, string>;

  constructor(
    configuration: string,
    private readonly version: string,
  ) {
    const chosen = allSettings(version, { settings: {}, persistence: 'aof' });
    this.values = new Map([
      ...Object.entries({ ...chosen, ...defaults, [bufferLimits]: mergedLimits('') }),
      ...parseRedisConfiguration(configuration),
    ]);
  }

  /** What the process says before it ends over its settings, null when it takes them. */
  get complaint(): string | null {
    const name = [...unsupported].find((candidate) => this.get(candidate) === 'yes');
    return name === undefined ? null : `*** FATAL CONFIG FILE ERROR ***\n>>> '${name} yes'\n${cannot(name)}\n`;
  }

  get(name: string): string {
    return this.values.get(name) ?? '';
  }

  number(name: string): number {
    return Number(this.get(name) || '0');
  }

  /** `CONFIG GET`. Before 7.0 it takes one name. */
  read(names: readonly string[]): string[] {
    if (names.length !== 1 && this.before('7.0')) throw wrongArguments('get');
    return names.flatMap((name) => (this.values.has(name) ? [name, this.get(name)] : []));
  }

  /** `CONFIG SET`: all or none. Before 7.0 it takes one pair. */
  write(words: readonly string[]): void {
    if (words.length % 2 === 1 || words.length === 0 || (words.length > 2 && this.before('7.0'))) {
      throw wrongArguments('set');
    }
    const pairs = words.flatMap((name, index) => (index % 2 === 0 ? [[name, words[index + 1] ?? ''] as const] : []));
    for (const [name, value] of pairs) this.assertSettable(name, value);
    for (const [name, value] of pairs) {
      this.values.set(name, name === bufferLimits ? mergedLimits(value, this.get(name)) : bytes(value));
    }
  }

  /** REPLICAOF moves what no CONFIG SET may. */
  follow(source: string): void {
    this.values.set('replicaof', source);
  }

  private assertSettable(name: string, value: string): void {
    if (unsupported.has(name) && value === 'yes') throw new FakeReplyError(`ERR CONFIG SET failed - ${cannot(name)}`);
    const known = this.values.has(name);
    if (known && !immutable.has(name) && !(name === 'port' && this.before('7.0'))) return;
    if (this.before('7.0')) throw new FakeReplyError(`ERR Unsupported CONFIG parameter: ${name}`);
    throw new FakeReplyError(
      known
        ? `ERR CONFIG SET failed (possibly related to argument '${name}') - can't set immutable config`
        : `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`,
    );
  }

  private before(version: string): boolean {
    return compareVersions(this.version, version) < 0;
  }
}

const cannot = (name: string): string => `${name} cannot be enabled: it requires a server compiled otherwise`;

const wrongArguments = (subcommand: string): FakeReplyError =>
  new FakeReplyError(`ERR wrong number of arguments for 'config|${subcommand}' command`);
