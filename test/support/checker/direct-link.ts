import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { sendOver, type Answers, type Command, type Link, type Way } from './link.js';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export const nameOf = ({ host, port }: ServerAddress): string => `${host}:${port}`;

/** One connection, no reconnection, nothing sent twice, and every error reaches the caller. */
export const openOnce = async ({ host, port }: ServerAddress, { username, password }: Login): Promise<Redis> => {
  const client = new Redis({
    ...{ host, port, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 },
    ...{ autoResendUnfulfilledCommands: false, enableOfflineQueue: false, enableReadyCheck: false },
    ...{ disableClientInfo: true, protocol: 2, replyMapping: 'legacy', connectTimeout: 500, commandTimeout: 5_000 },
  });
  // Tells of the broken connection; the command that met it fails by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.call('AUTH', username, password);
    return client;
  } catch (error) {
    client.disconnect();
    throw error;
  }
};

/** What applications know of the servers of a tree. All clients of a test share one. */
export class Directory {
  private at = 0;

  /** `roaming` applications know all addresses and try the next one by themselves; the others wait to be told. */
  constructor(
    readonly servers: readonly ServerAddress[],
    readonly roaming: boolean,
  ) {}

  get told(): ServerAddress {
    return this.servers[this.at]!;
  }

  /** As an operator does who changes the address in the configuration of an application. */
  tell(address: ServerAddress): void {
    this.at = this.servers.findIndex((server) => nameOf(server) === nameOf(address));
  }

  after(address: ServerAddress): ServerAddress {
    if (!this.roaming) return this.told;
    const at = this.servers.findIndex((server) => nameOf(server) === nameOf(address));
    return this.servers[(at + 1) % this.servers.length]!;
  }
}

const againAfterMs = 3;
/** How often a server that the client just came to may refuse before it goes on: it is perhaps about to be promoted. */
const refusalsOfANewcomer = 10;

/**
 * A client that dials servers itself and never sends a write again. When one refuses or breaks off, it goes to the next address
 * of its directory, or back to the one that it was told.
 */
export class DirectLink implements Link {
  private readonly open = new Map<string, Redis>();
  private target: ServerAddress;
  private told: ServerAddress;
  private patience = 0;
  private closed = false;
  private readonly ready: Promise<void>;

  constructor(
    private readonly directory: Directory,
    private readonly login: Login,
  ) {
    this.target = this.told = directory.told;
    this.ready = directory.roaming ? this.connectToAll() : Promise.resolve();
  }

  async send(commands: readonly Command[], way: Way): Promise<Answers> {
    await this.ready;
    this.followTheDirectory();
    const { target } = this;
    const client = await this.connected(target);
    const answers = client ? await sendOver(client, commands, way) : commands.map(() => unsent);
    if (answers.some(({ outcome }) => outcome === 'unknown')) this.drop(target);
    if (answers.every(({ outcome }) => outcome === 'acknowledged')) this.patience = 0;
    else await this.goOn(client?.status === 'ready');
    return { answers, server: client ? nameOf(target) : null, resent: false };
  }

  close(): void {
    this.closed = true;
    for (const client of this.open.values()) client.disconnect();
  }

  private followTheDirectory(): void {
    if (this.directory.told === this.told) return;
    this.target = this.told = this.directory.told;
  }

  private async goOn(connected: boolean): Promise<void> {
    if (connected && this.patience > 0) this.patience--;
    else {
      this.target = this.directory.after(this.target);
      this.patience = refusalsOfANewcomer;
    }
    await pause(againAfterMs);
  }

  /** Who knows all addresses has a connection to each, so that a promotion costs none. */
  private async connectToAll(): Promise<void> {
    await Promise.all(this.directory.servers.map((server) => this.connected(server)));
  }

  private async connected(server: ServerAddress): Promise<Redis | null> {
    const present = this.open.get(nameOf(server));
    if (present?.status === 'ready') return present;
    const client = await openOnce(server, this.login).catch(() => null);
    if (client === null || this.closed) client?.disconnect();
    else this.open.set(nameOf(server), client);
    return client;
  }

  private drop(target: ServerAddress): void {
    this.open.get(nameOf(target))?.disconnect();
    this.open.delete(nameOf(target));
  }
}

/** Nothing left the client. */
const unsent = { outcome: 'refused', reply: null, error: 'no connection' } as const;
