import type { TLSSocket } from 'node:tls';
import { Redis } from 'ioredis';
import type { PresentedCertificate, RedisNode, RedisTarget } from '../ports/redis-node.js';
import { withDeadline } from '../wait/deadline.js';
import { connectionOptions } from './connection-options.js';
import { executed } from './executed.js';
import { serverFailure } from './failure.js';
import { pairs, parseInfo } from './parse-info.js';
import { presentedOn } from './presented.js';

export class IoredisNode implements RedisNode {
  private readonly client: Redis;
  private readonly server: string;
  /** ioredis rejects with "closed" only; the reason comes as an event before. */
  private lastError: Error | null = null;

  constructor(
    private readonly target: RedisTarget,
    private readonly commandMs: number,
  ) {
    this.server = `${target.host}:${String(target.port)}`;
    this.client = new Redis(connectionOptions(target));
    this.client.on('error', (error: Error) => {
      this.lastError = error;
    });
  }

  /** Connects, logs in, and waits for the first answer, all within `deadlineMs`. */
  open(deadlineMs: number, signal: AbortSignal): Promise<void> {
    const { username, password } = this.target;
    const login = ['AUTH', username, password];
    return this.within(deadlineMs, signal, login, async () => {
      await this.client.connect();
      await this.client.call('AUTH', username, password);
      await this.answer();
    }).catch((error: unknown) => {
      this.close();
      throw error;
    });
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.within(this.commandMs, signal, ['PING'], () => this.answer());
  }

  /** Of all commands that write nothing, PING alone is refused by a server that cannot save what it has: such a one is up, and needs us most. */
  private async answer(): Promise<void> {
    await this.client.call('PING').catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('MISCONF'))) throw error;
    });
  }

  async info(section: string | null, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return parseInfo((await this.command(['INFO', section ?? 'everything'], signal)) as string);
  }

  async configGet(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    // One command for each name, sent together: before 7.0 a server takes one name at a time.
    const replies = await Promise.all(names.map((name) => this.command(['CONFIG', 'GET', name], signal)));
    return pairs(replies.flat() as string[]);
  }

  command(args: readonly string[], signal: AbortSignal): Promise<unknown> {
    const [name = '', ...rest] = args;
    return this.within(this.commandMs, signal, args, () => this.client.call(name, ...rest));
  }

  transaction(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly unknown[]> {
    const args = commands.flatMap(([, ...rest]) => rest);
    return this.within(this.commandMs, signal, ['EXEC', ...args], async () => {
      // A pipeline is one write. ioredis' own `multi` would turn the replies of known commands into other shapes.
      const pipeline = this.client.pipeline();
      for (const [name = '', ...rest] of [['MULTI'], ...commands, ['EXEC']]) pipeline.call(name, ...rest);
      return executed((await pipeline.exec()) ?? []);
    });
  }

  presented(): PresentedCertificate | null {
    return this.target.tls === null ? null : presentedOn(this.client.stream as TLSSocket);
  }

  close(): void {
    this.client.disconnect();
    // `disconnect` waits for the other side, and on a connection that never came up it would for seconds.
    (this.client.stream as Redis['stream'] | undefined)?.destroy();
  }

  private async within<T>(
    deadlineMs: number,
    signal: AbortSignal,
    args: readonly string[],
    work: () => Promise<T>,
  ): Promise<T> {
    return withDeadline(deadlineMs, signal, (either) => {
      // A command that was given up may still be answered: nothing else may be read from this connection.
      either.addEventListener('abort', () => this.close(), { once: true });
      return work();
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw serverFailure(this.server, this.lastError ?? error, args);
    });
  }
}
