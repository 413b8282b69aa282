import type { Redis } from 'ioredis';
import type { LiveDatabase } from './live.js';
import { dial } from './tenant.js';

/** Clients that stay connected and never stop asking, half of them over TLS: what any of them notices is written down. */
export class SteadyClients {
  private readonly noticed: string[] = [];
  private readonly counts: number[];
  private ended = false;
  private readonly turns: Promise<void>[];

  private constructor(private readonly clients: readonly Redis[]) {
    this.counts = clients.map(() => 0);
    this.turns = clients.map((client, index) => this.ask(client, index));
  }

  static async open(database: LiveDatabase, count: number, authorityPem: string): Promise<SteadyClients> {
    const clients = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const client = await dial(database, index % 2 === 0 ? {} : { authorityPem });
        await client.call('AUTH', database.username, database.password);
        return client;
      }),
    );
    return new SteadyClients(clients);
  }

  private async ask(client: Redis, index: number): Promise<void> {
    client.on('close', () => {
      if (!this.ended) this.noticed.push(`client ${index} was closed`);
    });
    while (!this.ended && this.noticed.length === 0) {
      try {
        const value = String(this.counts[index]);
        await client.set(`steady:${index}`, value);
        if ((await client.get(`steady:${index}`)) !== value) throw new Error('another value than was set');
        this.counts[index] = Number(value) + 1;
      } catch (error) {
        this.noticed.push(`client ${index}: ${String(error)}`);
      }
    }
  }

  /** What they noticed; that each got on is said as well. */
  async close(): Promise<readonly string[]> {
    this.ended = true;
    await Promise.all(this.turns);
    for (const client of this.clients) client.disconnect();
    const idle = this.counts.filter((count) => count === 0).length;
    return idle > 0 ? [...this.noticed, `${idle} got no answer at all`] : this.noticed;
  }
}
