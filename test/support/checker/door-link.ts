import { Redis, type RedisOptions } from 'ioredis';
import type { Login, ServerAddress } from './direct-link.js';
import { sendOver, type Answers, type Command, type Link, type Way } from './link.js';

/** ioredis answers in the shapes of RESP2, as it does by default. */
export type OrdinaryOptions = RedisOptions & { readonly replyMapping?: 'legacy' };

/**
 * A client that only knows one address, a door, and leaves everything else to its library: ioredis with the settings that it
 * has when nobody sets any, so it connects again by itself and sends again what was not answered.
 */
export class DoorLink implements Link {
  private readonly client: Redis;
  private connections = 0;

  constructor({ host, port }: ServerAddress, { username, password }: Login, options: OrdinaryOptions = {}) {
    this.client = new Redis({ host, port, username, password, replyMapping: 'legacy', ...options });
    this.client.on('close', () => this.connections++);
    // ioredis writes to the console what nobody listens to.
    this.client.on('error', () => undefined);
  }

  async send(commands: readonly Command[], way: Way): Promise<Answers> {
    const before = this.connections;
    const answers = await sendOver(this.client, commands, way);
    return { answers, server: null, resent: before !== this.connections };
  }

  close(): void {
    this.client.disconnect();
  }
}
