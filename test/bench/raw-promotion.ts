import { checkedPromotion, type CheckedPromotion } from '../support/checker/checked-promotion.js';
import { RawPair, tenantLogin, type RawServer } from '../support/checker/raw-pair.js';
import { eventually } from '../support/eventually.js';
import { redisImage } from '../support/images.js';

export interface Load {
  readonly clients: number;
  readonly thinkMs: number;
}

/** The two ways that Redis itself offers, on two servers of their own with the same files and the same clients. */
export class RawPromotions {
  private primary: RawServer;
  private replica: RawServer;

  private constructor(private readonly pair: RawPair) {
    [this.primary, this.replica] = pair.servers;
  }

  static async start(version: Parameters<typeof redisImage>[0]): Promise<RawPromotions> {
    return new RawPromotions(await RawPair.start(version));
  }

  close(): Promise<void> {
    return this.pair.close();
  }

  /** FAILOVER, which 6.2 brought: it stops writes, waits for the replica and swaps the roles. */
  failover(load: Load): Promise<CheckedPromotion> {
    return this.checked(load, true, async () => {
      await this.primary.manager.call('FAILOVER');
      await this.swapped();
    });
  }

  /** By hand: the replica is made a primary, applications are told, and what was the primary follows. */
  noOne(load: Load): Promise<CheckedPromotion> {
    return this.checked(load, false, async (tell) => {
      await this.replica.manager.call('REPLICAOF', 'NO', 'ONE');
      tell(this.replica);
      await this.pair.follow(this.primary, this.replica);
    });
  }

  /** As long as a promotion, and nothing happens: what the clients' own process does to the figures. */
  nothing(load: Load): Promise<CheckedPromotion> {
    return this.watch(load, true, async () => {
      await this.pair.linkUp(this.replica);
      return this.primary;
    });
  }

  private async checked(
    load: Load,
    roaming: boolean,
    promote: (tell: (server: RawServer) => void) => Promise<void>,
  ): Promise<CheckedPromotion> {
    const result = await this.watch(load, roaming, async (tell) => {
      await promote(tell);
      return this.replica;
    });
    [this.primary, this.replica] = [this.replica, this.primary];
    return result;
  }

  private async watch(
    load: Load,
    roaming: boolean,
    promote: (tell: (server: RawServer) => void) => Promise<RawServer>,
  ): Promise<CheckedPromotion> {
    const servers = this.pair.servers.map(({ address }) => address);
    const watched = { ...load, servers, roaming, primary: this.primary.address, login: tenantLogin };
    return checkedPromotion(
      watched,
      async (directory) => (await promote(({ address }) => directory.tell(address))).address,
    );
  }

  private async swapped(): Promise<void> {
    await eventually(
      async () => {
        const [role] = (await this.replica.manager.call('ROLE')) as [string];
        if (role !== 'master') throw new Error('The replica is not yet the primary');
      },
      { withinMs: 20_000 },
    );
    await this.pair.linkUp(this.primary);
  }
}
