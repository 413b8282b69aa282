import pg from 'pg';
import { appRole } from './connection.js';

export type Channel =
  | 'holdfast_operation'
  | 'holdfast_outbox'
  | 'holdfast_cancel'
  | 'holdfast_sweep'
  | 'holdfast_look'
  | 'holdfast_observed'
  | 'holdfast_doors';

/**
 * A connection of its own that listens to one channel and comes back after every loss.
 * Messages sent while it was away are lost: `onConnected` is the moment to look at the tables again.
 */
export class Listener {
  private client: pg.Client | null = null;
  private retry: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly channel: Channel,
    private readonly onMessage: (payload: string) => void,
    private readonly onConnected: () => void = () => undefined,
  ) {}

  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, keepAlive: true, options: `-c role=${appRole}` });
    this.client = client;
    client.on('notification', ({ payload }) => this.onMessage(payload ?? ''));
    client.on('error', () => this.reconnect(client));
    client.on('end', () => this.reconnect(client));
    try {
      await client.connect();
      await client.query(`LISTEN ${this.channel}`);
      this.onConnected();
    } catch {
      // Postgres is away: the next try comes by itself, and every reader polls as well.
      this.reconnect(client);
    }
  }

  private reconnect(lost: pg.Client): void {
    if (this.closed || this.client !== lost) return;
    this.client = null;
    lost.end().catch(() => undefined);
    this.retry = setTimeout(() => void this.start(), 500);
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.retry) clearTimeout(this.retry);
    await this.client?.end();
  }
}
