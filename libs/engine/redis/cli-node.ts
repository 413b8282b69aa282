import { types } from 'node:util';
import type { InsideTarget, RedisNode } from '../ports/redis-node.js';
import { withDeadline } from '../wait/deadline.js';
import { CliSession } from './cli-session.js';
import type { RedisDeadlines } from './deadlines.js';
import { executed } from './executed.js';
import { serverFailure } from './failure.js';
import { pairs, parseInfo } from './parse-info.js';

/**
 * A server within a container without a network, by the `redis-cli` beside it: images of servers have that, and many have no shell and no
 * other program that could carry bytes to a port.
 */
export const connectInside = async (
  target: InsideTarget,
  { connectMs, commandMs }: Required<RedisDeadlines>,
  signal: AbortSignal,
): Promise<RedisNode> => {
  const command = ['redis-cli', '--no-raw', '-h', '127.0.0.1', '-p', String(target.port)];
  const session = new CliSession(await target.run(command, signal));
  await new CliNode(target.name, session, connectMs).ping(signal).catch((error: unknown) => {
    session.close();
    throw error;
  });
  return new CliNode(target.name, session, target.commandMs ?? commandMs);
};

class CliNode implements RedisNode {
  constructor(
    private readonly name: string,
    private readonly session: CliSession,
    private readonly deadlineMs: number,
  ) {}

  async ping(signal: AbortSignal): Promise<void> {
    await this.command(['PING'], signal);
  }

  async info(section: string | null, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return parseInfo((await this.command(['INFO', section ?? 'everything'], signal)) as string);
  }

  async configGet(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const replies = await Promise.all(names.map((name) => this.command(['CONFIG', 'GET', name], signal)));
    return pairs(replies.flat() as string[]);
  }

  async command(args: readonly string[], signal: AbortSignal): Promise<unknown> {
    return this.within(signal, args, async () => {
      const [reply] = await this.session.ask([args]);
      if (types.isNativeError(reply)) throw reply;
      return reply;
    });
  }

  transaction(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly unknown[]> {
    const args = ['EXEC', ...commands.flatMap(([, ...rest]) => rest)];
    return this.within(signal, args, async () => {
      const replies = await this.session.ask([['MULTI'], ...commands, ['EXEC']]);
      return executed(replies.map((reply) => (types.isNativeError(reply) ? [reply, null] : [null, reply])));
    });
  }

  presented(): null {
    return null;
  }

  close(): void {
    this.session.close();
  }

  private within<T>(signal: AbortSignal, args: readonly string[], work: () => Promise<T>): Promise<T> {
    return withDeadline(this.deadlineMs, signal, (either) => {
      // A command that was given up may still be answered: nothing else may be read from this program.
      either.addEventListener('abort', () => this.close(), { once: true });
      return work();
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw serverFailure(this.name, error, args);
    });
  }
}
