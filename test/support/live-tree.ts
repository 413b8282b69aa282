import type { Operation } from '#contracts/http/operations.js';
import type { PromotionMode } from '#domain/replication/promotion-mode.js';
import type { Redis } from 'ioredis';
import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords } from '#operations/server/material.js';
import { openOnce, type Directory, type Login, type ServerAddress } from './checker/direct-link.js';
import { checkedPromotion, type CheckedPromotion, type Watched } from './checker/checked-promotion.js';
import { eventually } from './eventually.js';
import { inspect } from './host.js';
import type { Live, LiveDatabase } from './live.js';
import { SlowLink } from './slow-link.js';
import { doorOf } from './tenant.js';

export interface Member extends LiveDatabase {
  /** Of its container, past the edge. */
  readonly address: ServerAddress;
}

/** A primary and its replicas, made through the API, and their promotions under the eyes of the checker. */
export class LiveTree {
  private constructor(
    readonly live: Live,
    readonly members: readonly Member[],
    private primaryId: string,
  ) {}

  /** The first member is the primary, all others follow it. */
  static async make(
    live: Live,
    handle: string,
    more: Readonly<Record<string, unknown>> = {},
    replicas = 1,
  ): Promise<LiveTree> {
    const source = await live.provision(handle, more);
    const members = [await memberOf(source)];
    for (let number = 1; number <= replicas; number++)
      members.push(await memberOf(await replicate(live, source, `${handle}-${number}`)));
    return new LiveTree(live, members, source.id);
  }

  get primary(): Member {
    return this.members.find(({ id }) => id === this.primaryId)!;
  }

  /** The first one that is not the primary. */
  get replica(): Member {
    return this.members.find(({ id }) => id !== this.primaryId)!;
  }

  /** The door that follows the primary, as it was when the first member was made: it never changes. */
  door(type: 'redis' | 'redis+ssl' = 'redis'): ServerAddress {
    return doorOf(this.members[0]!, type, 'primary');
  }

  get login(): Login {
    return this.primary;
  }

  get servers(): readonly ServerAddress[] {
    return this.members.map(({ address }) => address);
  }

  /** Asks for it and waits for its end, whatever that is. */
  async tryPromotion(candidate: Member = this.replica, mode: PromotionMode = 'strict'): Promise<Operation> {
    const { id } = await this.live.requestOperation(candidate.id, { type: 'promote', mode });
    const operation = await this.live.finished(id);
    if (operation.status === 'succeeded') this.primaryId = candidate.id;
    return operation;
  }

  async promote(candidate: Member = this.replica): Promise<Operation> {
    const operation = await this.tryPromotion(candidate);
    if (operation.status === 'succeeded') return operation;
    throw new Error(`The promotion ${operation.status}: ${JSON.stringify(operation.error)}`);
  }

  /** Runs the work as Holdfast's own user of a member's server. */
  async asManager<Result>({ id, address }: Member, work: (client: Redis) => Promise<Result>): Promise<Result> {
    const { manager } = await openPasswords(this.live.installation.control, id);
    const client = await openOnce(address, { username: serverUsers.manager, password: manager });
    try {
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  /**
   * Puts a line that the test can spoil between the replica and the primary, and waits until the link is up again. What is recorded
   * stays true; a promotion takes the line out. The caller closes it.
   */
  async slowLink(): Promise<SlowLink> {
    const { primary, replica } = this;
    const { host } = primary.address;
    const line = await SlowLink.open(await gatewayOf(replica), { host, port: serverPorts.tls });
    await this.asManager(replica, async (client) => {
      await client.call('REPLICAOF', line.address.host, String(line.address.port));
      await eventually(async () => isUp(await client.info('replication')), { withinMs: 20_000 });
    });
    return line;
  }

  /** A promotion, at a random moment, with clients that write and a watcher that asks all servers. */
  checked(
    watched: Pick<Watched, 'clients' | 'thinkMs' | 'roaming' | 'link' | 'foreign'>,
    promote: (directory: Directory) => Promise<unknown> = () => this.promote(),
  ): Promise<CheckedPromotion> {
    const { servers, login, primary } = this;
    return checkedPromotion({ ...watched, servers, login, primary: primary.address }, async (directory) => {
      await promote(directory);
      return this.primary.address;
    });
  }
}

export const replicate = async (live: Live, source: LiveDatabase, handle: string): Promise<LiveDatabase> => {
  const { id } = await live.requestOperation(source.id, { type: 'replicate', handle });
  const { databases } = await live.succeeded(id);
  const made = databases.find((database) => database.handle === handle);
  if (!made) throw new Error(`The replication made no "${handle}"`);
  return live.reveal(made.id);
};

const isUp = (info: string): void => {
  if (!info.includes('master_link_status:up')) throw new Error('The link of the replica is not up');
};

interface Network {
  readonly IPAddress: string;
  readonly Gateway: string;
}

const networkOf = async ({ container }: LiveDatabase): Promise<Network> => {
  interface Networked {
    readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Network>> };
  }
  const { NetworkSettings } = await inspect<Networked>(container);
  const [network] = Object.values(NetworkSettings.Networks);
  if (!network) throw new Error(`${container} has no network`);
  return network;
};

const memberOf = async (database: LiveDatabase): Promise<Member> => ({
  ...database,
  address: { host: (await networkOf(database)).IPAddress, port: serverPorts.plain },
});

/** Where containers of its network find this machine. */
const gatewayOf = async (database: LiveDatabase): Promise<string> => (await networkOf(database)).Gateway;
