import type { X509Certificate } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type {
  InsideTarget,
  PresentedCertificate,
  RedisConnector,
  RedisNode,
  RedisTarget,
} from '../ports/redis-node.js';
import { RefusedCertificate, ServerReply } from '../ports/server-reply.js';
import { pairs, parseInfo } from '../redis/parse-info.js';
import { Faults } from './faults.js';
import { FakeProgram } from './fake-program.js';
import { ConnectionLost, notAccepted, type FakeRedisServer } from './fake-redis-server.js';
import type { FakeConnection } from './redis/connections.js';
import { FakeReplyError } from './redis/reply-error.js';

/** Where the fake finds its servers; FakeContainerEngine is one. */
export interface FakeNetworks {
  /** The server that listens on this address now and can be reached from Holdfast. */
  serverAt(address: string): FakeRedisServer | null;
}

/** Leads to the server, or to null while nothing passes. */
type Way = () => FakeRedisServer | null;

/** What a real client is told at its deadline, a fake one is told at once. */
const silent = 'does not answer within 10000 ms';

/** Connects to the servers that run in a FakeContainerEngine. */
export class FakeRedisConnector implements RedisConnector {
  readonly faults = new Faults<'connect' | 'command'>();

  constructor(private readonly networks: FakeNetworks) {}

  async connect(target: RedisTarget | InsideTarget, signal: AbortSignal): Promise<RedisNode> {
    await this.faults.pass('connect', signal);
    const way = await this.dial(target, signal);
    const server = way();
    if (server === null) throw notReady(target, 'cannot be reached');
    const refusal = server.frozen ? silent : server.refusal('run' in target ? insideLogin(target) : target);
    const login = refusal?.match(/\((WRONGPASS|NOAUTH)\)$/);
    if (login) throw notReady(target, refusal ?? '', new ServerReply(`${login[1] ?? ''} no valid login`));
    if (refusal !== null) throw notReady(target, refusal);
    const shown = 'run' in target || target.tls === null ? null : server.tls.shownTo(target.tls);
    return new FakeRedisNode(target, server, way, this.faults, shown && presentedBy(shown));
  }

  async presentedCertificate(...[target, signal]: Parameters<RedisConnector['presentedCertificate']>) {
    await this.faults.pass('connect', signal);
    const login = { ...target, username: '', password: '' };
    const server = this.networks.serverAt(target.host);
    if (server === null) throw notReady(login, 'cannot be reached');
    if (server.frozen) throw notReady(login, silent);
    const shown = server.shows(target.port, target.tls);
    if (typeof shown === 'string') throw notReady(login, shown);
    return presentedBy(shown);
  }

  private async dial(target: RedisTarget | InsideTarget, signal: AbortSignal): Promise<Way> {
    if (!('run' in target)) return () => this.networks.serverAt(target.host);
    const program = await target.run(['redis-cli'], signal);
    if (!(program instanceof FakeProgram)) throw new TypeError('a fake server lies in a fake container');
    return () => (program.destroyed ? null : program.server);
  }
}

class FakeRedisNode implements RedisNode {
  private readonly connection: FakeConnection;

  constructor(
    private readonly target: RedisTarget | InsideTarget,
    private readonly server: FakeRedisServer,
    private readonly way: Way,
    private readonly faults: Faults<'connect' | 'command'>,
    private readonly certificate: PresentedCertificate | null,
  ) {
    this.connection = server.connections.add('run' in target ? 'default' : target.username);
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.command(['PING'], signal);
  }

  async info(section: string | null, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return parseInfo((await this.command(['INFO', section ?? 'everything'], signal)) as string);
  }

  async configGet(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const replies = await Promise.all(names.map((name) => this.command(['CONFIG', 'GET', name], signal)));
    return pairs(replies.flat() as string[]);
  }

  async command(args: readonly string[], signal: AbortSignal): Promise<unknown> {
    return (await this.transaction([args], signal))[0];
  }

  async transaction(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly unknown[]> {
    await this.faults.pass('command', signal);
    if (this.connection.closed || !this.server.running) throw notReady(this.target, 'closed the connection');
    if (this.server.frozen || this.way() !== this.server) {
      throw notReady(this.target, silent);
    }
    try {
      return await this.server.answer(commands, this.connection, signal);
    } catch (error) {
      if (error instanceof FakeReplyError)
        throw notReady(this.target, `answers "${error.message}"`, new ServerReply(error.message));
      if (error instanceof ConnectionLost) throw notReady(this.target, 'closed the connection', error);
      throw error;
    }
  }

  presented(): PresentedCertificate | null {
    return this.certificate;
  }

  close(): void {
    this.server.connections.end((connection) => connection === this.connection);
  }
}

const presentedBy = ({ fingerprint256, serialNumber, validTo }: X509Certificate): PresentedCertificate => ({
  ...{ fingerprint256, serialNumber },
  notAfter: new Date(validTo),
});

/** As the default user, who needs no password there. */
const insideLogin = ({ port }: InsideTarget) => ({ port, username: null, password: null, tls: null });

const notReady = (target: RedisTarget | InsideTarget, what: string, cause: Error = causeOf(what)): HoldfastError => {
  const server = 'run' in target ? target.name : `${target.host}:${String(target.port)}`;
  return new HoldfastError('server_not_ready', `${server} ${what}`, { cause });
};

const causeOf = (what: string): Error =>
  what === notAccepted ? new RefusedCertificate('UNABLE_TO_VERIFY_LEAF_SIGNATURE') : new Error(what);
