import { randomBytes, type X509Certificate } from 'node:crypto';
import { posix } from 'node:path';
import { compareVersions } from '#domain/catalogue/version.js';
import type { FakeNetwork } from './fake-network.js';
import { FakeAcl } from './redis/acl.js';
import { commands, type FakeCommand } from './redis/commands.js';
import { FakeConnections, type FakeConnection } from './redis/connections.js';
import { FakeDataset } from './redis/dataset.js';
import { FakeReplyError } from './redis/reply-error.js';
import { FakeReplication, type ReplicaLogin, type ReplicationHost, type Source } from './redis/replication.js';
import type { Served } from './redis/served.js';
import { FakeSettings } from './redis/settings.js';
import { FakeTls, type FakeTrust } from './redis/tls.js';

/** Where a process runs and what it sees. */
export interface FakePlace {
  readonly name: string;
  readonly version: string;
  readonly address: string | null;
  readonly network: FakeNetwork<FakeRedisServer>;
  now(): Date;
  /** Reads a file of the container, null when there is none. */
  read(path: string): Buffer | null;
  /** False when the process may not write there. */
  save(path: string, content: Buffer): boolean;
}

/** What a client says of a server whose certificate it does not accept. */
export const notAccepted = 'shows a certificate that is not accepted';

type Args = readonly string[];
interface Login {
  readonly port: number;
  /** Null for a client that does not log in: it is the default user, if that has no password. */
  readonly username: string | null;
  readonly password: string | null;
  readonly tls: FakeTrust | null;
}

/** A Redis process: its files, users, data and followers, as far as Holdfast uses them. The suites in test/contract hold it to the real one. */
export class FakeRedisServer implements Served, ReplicationHost {
  running = true;
  /** The process stands still: whoever asks it gets no answer. */
  frozen = false;
  readonly runId = randomBytes(20).toString('hex');
  readonly startedAt: Date;
  readonly settings: FakeSettings;
  readonly tls: FakeTls;
  readonly acl: FakeAcl;
  readonly dataset = new FakeDataset();
  readonly connections = new FakeConnections();
  readonly replication: FakeReplication;

  constructor(
    configuration: string,
    private readonly place: FakePlace,
  ) {
    this.startedAt = place.now();
    this.settings = new FakeSettings(configuration, this.version);
    this.tls = new FakeTls((name) => place.read(this.setting(name)));
    this.acl = new FakeAcl(place.read(this.setting('aclfile'))?.toString() ?? '', this.version);
    const saved = place.read(this.dataFile) ?? place.read(this.restoredFile);
    if (saved !== null) this.dataset.restore(saved);
    this.replication = new FakeReplication(this);
    if (this.address !== null) place.network.join(this.address, this);
    const [host, port] = this.setting('replicaof').split(' ');
    if (host) this.follow({ host, port: Number(port) });
  }

  get name(): string {
    return this.place.name;
  }

  get version(): string {
    return this.place.version;
  }

  get address(): string | null {
    return this.place.address;
  }

  get dropsFollowersAtOnce(): boolean {
    return compareVersions(this.version, '7.0') < 0;
  }

  now = (): Date => this.place.now();

  setting(name: string): string {
    return this.settings.get(name);
  }

  /** What a client that dials this port is told instead of a connection, null when it gets one. */
  refusal({ port, tls, username: login, password }: Login): string | null {
    const isTls = port === this.settings.number('tls-port');
    if (!isTls && port !== this.settings.number('port')) return 'refuses connections';
    if (isTls !== (tls !== null)) return 'closed the connection';
    if (tls !== null && !this.tls.shownTo(tls)) return notAccepted;
    const username = login ?? 'default';
    if (!this.acl.admits(username, password ?? ''))
      return `refuses the login (${login === null ? 'NOAUTH' : 'WRONGPASS'})`;
    const mayPing = this.acl.user(username)?.mayRun('ping', undefined, []);
    return mayPing ? null : `answers "NOPERM User ${username} has no permissions to run the 'ping' command"`;
  }

  /** The certificate that a client sees that dials this port; instead of one, why it sees none. */
  shows(port: number, tls: FakeTrust): X509Certificate | string {
    if (port !== this.settings.number('tls-port')) return 'refuses connections';
    return this.tls.shownTo(tls) ?? notAccepted;
  }

  /** One command, or several as MULTI … EXEC: what cannot be queued cancels all, what fails later lets the others stand. */
  async answer(all: readonly Args[], connection: FakeConnection, signal: AbortSignal): Promise<readonly unknown[]> {
    const parsed = all.map((args) => parse(args));
    await this.connections.admitted(
      connection,
      parsed.some(({ command }) => command.writes),
      signal,
    );
    if (!this.running || connection.closed) throw new ConnectionLost();
    this.settle();
    for (const one of parsed) this.assertAllowed(one, connection.username);
    const results = parsed.map((one) => {
      if (all.length > 1) this.bracket(one);
      return attempt(() => one.command.run(this, one.args, connection));
    });
    this.replication.history.close();
    this.settle();
    const failed = results.find((result) => result instanceof FakeReplyError);
    if (failed !== undefined) throw failed;
    return results;
  }

  follow(source: Source | null): void {
    this.place.network.follow(this, this.replication.source?.host ?? null, source?.host ?? null);
    this.settings.follow(source === null ? '' : `${source.host} ${source.port}`);
    this.replication.follow(source);
  }

  dial(address: string): FakeReplication | null {
    if (address === '127.0.0.1') return this.replication;
    return this.place.network.reach(this.name, address)?.replication ?? null;
  }

  refusesReplica(login: ReplicaLogin): string | null {
    const refused = this.refusal({ ...login, tls: login.tls && { ...login.tls, serverName: null } });
    const user = this.acl.user(login.username);
    const may = ['ping', 'replconf', 'psync'].every((name) => user?.mayRun(name, undefined, ['admin', 'dangerous']));
    return refused ?? (may ? null : 'NOPERM');
  }

  readAuthority(): string | null {
    return this.place.read(this.setting('tls-ca-cert-file'))?.toString() ?? null;
  }

  saveUsers(): void {
    const content = this.acl
      .lines()
      .map((line) => `${line}\n`)
      .join('');
    if (!this.place.save(this.setting('aclfile'), Buffer.from(content))) {
      throw new FakeReplyError('ERR There was an error trying to save the ACLs.');
    }
  }

  loadUsers(): void {
    this.dropUsers(this.acl.load(this.place.read(this.setting('aclfile'))?.toString() ?? ''));
  }

  dropUsers(names: readonly string[]): void {
    this.connections.end(({ username }) => names.includes(username));
    this.replication.dropFollowers(({ host }) => names.includes(host.settings.get('masteruser') || 'default'));
  }

  saveData(): void {
    this.place.save(this.dataFile, this.dataset.dump());
  }

  /** The process ends. What its persistence had written by then is what the next one finds. */
  end(gracefully: boolean): void {
    this.running = false;
    const keeps = this.setting('appendonly') === 'yes' || (gracefully && this.setting('save') !== '');
    if (keeps) this.saveData();
    this.connections.release();
    this.connections.end(() => true);
    this.replication.end();
    this.place.network.follow(this, this.replication.source?.host ?? null, null);
    if (this.address !== null) this.place.network.leave(this.address, this);
  }

  /** Before 7.0 a transaction is in the stream from its first command that neither reads nor administers, whether or not that writes. */
  private bracket({ command: { categories } }: Parsed): void {
    const silent = categories.includes('read') || categories.includes('admin');
    if (this.dropsFollowersAtOnce && !silent && this.replication.source === null) this.replication.history.open();
  }

  /** What had time to happen before somebody looks: links come up, followers return. */
  private settle(): void {
    this.replication.tend();
    if (this.address === null) return;
    for (const follower of this.place.network.followersOf(this.address)) follower.replication.tend();
  }

  private assertAllowed({ name, args, command }: Parsed, username: string): void {
    const user = this.acl.user(username);
    if (!user?.mayRun(name, args[0], command.categories)) {
      throw new FakeReplyError(`NOPERM User ${username} has no permissions to run the '${name}' command`);
    }
    if (command.keys?.(args).some((key) => !user.mayTouch(key))) {
      throw new FakeReplyError('NOPERM No permissions to access a key');
    }
    if (!command.writes) return;
    if (this.replication.source !== null && this.setting('replica-read-only') === 'yes') {
      throw new FakeReplyError("READONLY You can't write against a read only replica.");
    }
    const wanted = this.settings.number('min-replicas-to-write');
    if (this.replication.source === null && this.replication.goodFollowers < wanted) {
      throw new FakeReplyError('NOREPLICAS Not enough good replicas to write.');
    }
  }

  /** Where a restore puts the data of a server that keeps an append-only file, from 7.0 on. */
  private get restoredFile(): string {
    return posix.join(this.setting('dir'), 'appendonlydir/appendonly.aof.1.base.rdb');
  }

  private get dataFile(): string {
    const name = this.setting('appendonly') === 'yes' ? 'appendonly.aof' : this.setting('dbfilename');
    return posix.join(this.setting('dir'), name);
  }
}

/** The server ended the connection, or itself. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

interface Parsed {
  readonly name: string;
  readonly args: Args;
  readonly command: FakeCommand;
}

const parse = ([word = '', ...args]: Args): Parsed => {
  const name = word.toLowerCase();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new FakeReplyError(`ERR unknown command '${word}'`);
  return { name, args, command };
};

const attempt = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    if (error instanceof FakeReplyError) return error;
    throw error;
  }
};
