import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import type { LiveDatabase } from './live.js';
import { dial } from './tenant.js';

export interface AcknowledgedWrite {
  readonly key: string;
  readonly value: string;
  /** When the answer arrived, on the clock of `performance.now()`. */
  readonly atMs: number;
}

/** Many clients that write different keys one after the other, and remember each write that the server acknowledged. */
export class WriteRecorder {
  private readonly acknowledged: AcknowledgedWrite[] = [];
  private readonly startedAtMs = performance.now();
  private readonly work: Promise<void[]>;
  private stopping = false;

  private constructor(private readonly clients: readonly Redis[]) {
    this.work = Promise.all(clients.map((client, index) => this.write(client, index)));
  }

  static async start(database: LiveDatabase, { clients }: { clients: number }): Promise<WriteRecorder> {
    const connections = await Promise.all(Array.from({ length: clients }, () => dial(database)));
    await Promise.all(connections.map((client) => client.call('AUTH', database.username, database.password)));
    return new WriteRecorder(connections);
  }

  /** Waits for this many acknowledged writes, and at least for this time. */
  reached(count: number, { forMs }: { forMs: number }): Promise<void> {
    return eventually(
      () => {
        const running = performance.now() - this.startedAtMs;
        if (this.acknowledged.length >= count && running >= forMs) return;
        throw new Error(`${String(this.acknowledged.length)} writes in ${running.toFixed(0)} ms`);
      },
      { withinMs: 30_000 },
    );
  }

  async stop(): Promise<readonly AcknowledgedWrite[]> {
    this.stopping = true;
    await this.work;
    for (const client of this.clients) client.disconnect();
    return this.acknowledged;
  }

  /** Until it is stopped or the connection breaks: a write without an answer promises nothing. */
  private async write(client: Redis, index: number): Promise<void> {
    for (let number = 0; !this.stopping; number++) {
      const key = `w:${String(index)}:${String(number)}`;
      const value = `${String(number)}.${String(index)}`;
      const answered = await client.set(key, value).catch(() => null);
      if (answered === null) return;
      this.acknowledged.push({ key, value, atMs: performance.now() });
    }
  }
}
