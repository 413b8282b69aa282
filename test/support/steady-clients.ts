import type { Redis } from 'ioredis';
import type { LiveDatabase } from './live.js';
import { dial } from './tenant.js';

/**
 * Connected clients that write and read back all the time and never connect again: whoever is cut off, refused or told something wrong shows in
 * `stop`. Half of them use the encrypted door when there is an authority.
 */
export class SteadyClients {
  private readonly complaints: string[] = [];
  private stopped = false;
  private answers = 0;
  private readonly loops: Promise<void>[];

  private constructor(private readonly clients: readonly Redis[]) {
    this.loops = clients.map((client, number) => this.work(client, number));
  }

  static async connect(database: LiveDatabase, count: number, authorityPem?: string): Promise<SteadyClients> {
    const clients = await Promise.all(
      Array.from({ length: count }, async (_, number) => {
        const encrypted = authorityPem !== undefined && number % 2 === 1;
        const client = await dial(database, encrypted ? { authorityPem } : {});
        await client.call('AUTH', database.username, database.password);
        return client;
      }),
    );
    return new SteadyClients(clients);
  }

  get answered(): number {
    return this.answers;
  }

  /** What went wrong, nothing when all is well. Errors: clients that did too little to say anything. */
  async stop(): Promise<readonly string[]> {
    this.stopped = true;
    await Promise.all(this.loops);
    for (const client of this.clients) client.disconnect();
    if (this.answers < 10 * this.clients.length)
      throw new Error(`The clients got ${String(this.answers)} answers only`);
    return this.complaints;
  }

  private async work(client: Redis, number: number): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      const [key, value] = [`steady:${String(number)}`, String(turn)];
      try {
        await client.set(key, value);
        const found = await client.get(key);
        if (found !== value) this.complaints.push(`${key} is ${String(found)} and not ${value}`);
        this.answers += 2;
      } catch (error) {
        this.complaints.push(`${key}: ${String(error)}`);
        return;
      }
    }
  }
}
