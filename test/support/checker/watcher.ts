import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { nameOf, openOnce, type Login, type ServerAddress } from './direct-link.js';
import { overlaps } from './handovers.js';
import type { Acceptance } from './journal.js';

const everyMs = 1;
/** A server that hangs is asked again on another connection. */
const answersWithinMs = 1_000;
const again = Symbol('again');

/** Asks all servers all the time whether they take a write, on connections of its own. */
export class Watcher {
  private readonly taken: Acceptance[] = [];
  private readonly work: Promise<void[]>;
  private stopped = false;

  private constructor(
    servers: readonly ServerAddress[],
    private readonly login: Login,
    private readonly key: string,
  ) {
    this.work = Promise.all(servers.map((server) => this.watch(server)));
  }

  static start(servers: readonly ServerAddress[], login: Login, key = 'holdfast-watcher'): Watcher {
    return new Watcher(servers, login, key);
  }

  /** All writes that were taken up to now, to be handed to `handovers` or `overlaps`. */
  get acceptances(): readonly Acceptance[] {
    return this.taken;
  }

  /** Names of the servers that took a write that was sent after this time (`performance.now()`). */
  writableSince(sinceMs: number): readonly string[] {
    return [...new Set(this.taken.filter(({ sentAtMs }) => sentAtMs >= sinceMs).map(({ server }) => server))];
  }

  /** Ends, and complains about any two servers that took writes at once. `more` are acceptances that others saw. */
  async stop(promotions: number, more: readonly Acceptance[] = []): Promise<readonly string[]> {
    this.stopped = true;
    await this.work;
    return overlaps([...this.taken, ...more], { promotions });
  }

  private async watch(server: ServerAddress): Promise<void> {
    let client: Redis | null = null;
    while (!this.stopped) {
      client ??= await openOnce(server, this.login).catch(() => null);
      if (client && (await this.ask(client, nameOf(server))) === again) {
        client.disconnect();
        client = null;
      }
      await pause(everyMs);
    }
    client?.disconnect();
  }

  private async ask(client: Redis, server: string): Promise<typeof again | undefined> {
    const sentAtMs = performance.now();
    const deadline = new AbortController();
    const answer = await Promise.race([
      client.set(`${this.key}:${server}`, String(sentAtMs)).catch(() => null),
      pause(answersWithinMs, again, { signal: deadline.signal }).catch(() => again),
    ]);
    deadline.abort();
    if (answer === 'OK') this.taken.push({ server, sentAtMs, acknowledgedAtMs: performance.now() });
    return answer === again || client.status !== 'ready' ? again : undefined;
  }
}
