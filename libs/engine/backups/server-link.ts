import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { types } from 'node:util';
import type { RedisTarget } from '../ports/redis-node.js';
import { ServerReply } from '../ports/server-reply.js';
import { serverFailure } from '../redis/failure.js';
import { tlsOptions } from '../redis/tls-options.js';
import { DeadlineReached, withDeadline } from '../wait/deadline.js';

const connectMs = 5_000;
/** A server whose container or host is gone says nothing more, not even that; the kernel asks after it from this silence on. */
const keepAliveMs = 5_000;
const replyMs = 10_000;
/** What a server says in one line is short; one that goes on is no Redis. */
const longestLine = 64 * 1024;

/** The other side ended the connection in good order, but too early. */
class LinkEnded extends Error {
  override readonly name = 'LinkEnded';
  readonly code = 'ECONNRESET';
}

/** Any server, ours or not. */
export type LinkTarget = Omit<RedisTarget, 'tls'> & {
  /** Unless `verify` is false, the chain and `serverName` are verified. */
  readonly tls: (NonNullable<RedisTarget['tls']> & { readonly verify?: boolean }) | null;
};

export type Reply = string | null | readonly Reply[];

/**
 * One raw connection to a Redis server: commands first, then whatever bytes the server sends. It reads only when asked to, so a slow
 * caller slows the server down. All methods throw `server_not_ready`, or the reason of the signal that it was opened with.
 */
export class ServerLink {
  private rest: Buffer = Buffer.alloc(0);
  private readonly incoming: AsyncIterator<Buffer>;

  private constructor(
    private readonly server: string,
    private readonly socket: Socket,
    private readonly signal: AbortSignal,
  ) {
    this.incoming = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    signal.addEventListener('abort', this.close, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', this.close));
    if (signal.aborted) this.close();
  }

  /** Connects, verifies the certificate, and logs in. */
  static async open(target: LinkTarget, signal: AbortSignal): Promise<ServerLink> {
    const server = `${target.host}:${String(target.port)}`;
    signal.throwIfAborted();
    const link = new ServerLink(server, await dial(server, target, signal), signal);
    try {
      await link.logIn(target);
      return link;
    } catch (error) {
      link.close();
      throw error;
    }
  }

  private async logIn({ username, password }: LinkTarget): Promise<void> {
    if (username === '' && password === '') return;
    await this.command(username === '' ? ['AUTH', password] : ['AUTH', username, password]);
  }

  /** One command and its reply. An error reply is thrown. */
  async command(args: readonly string[]): Promise<Reply> {
    this.send(args);
    return this.reply(replyMs);
  }

  send(args: readonly string[]): void {
    const bulk = args.map((arg) => `$${String(Buffer.byteLength(arg))}\r\n${arg}\r\n`);
    if (!this.socket.destroyed) this.socket.write(`*${String(args.length)}\r\n${bulk.join('')}`);
  }

  write(bytes: Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  private async reply(patienceMs: number): Promise<Reply> {
    const line = await this.line(patienceMs);
    const size = Number(line.slice(1));
    switch (line.charAt(0)) {
      case '-':
        throw serverFailure(this.server, new ServerReply(line.slice(1)));
      case '$':
        return size < 0 ? null : (await this.exactly(size + 2, patienceMs)).toString('utf8', 0, size);
      case '*': {
        const items: Reply[] = [];
        while (items.length < size) items.push(await this.reply(patienceMs));
        return items;
      }
      default:
        return line.slice(1);
    }
  }

  /** The next line that is not empty, as it came: a server that prepares a copy sends empty ones to show that it lives. */
  async line(patienceMs: number): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf(0x0a);
      if (end < 0) {
        if (this.rest.length > longestLine) throw this.failure(new ServerReply('no Redis protocol'));
        this.rest = Buffer.concat([this.rest, await this.receive(patienceMs)]);
        continue;
      }
      const line = this.rest.toString('utf8', 0, end).trimEnd();
      this.rest = this.rest.subarray(end + 1);
      if (line !== '') return line;
    }
  }

  private async exactly(length: number, patienceMs: number): Promise<Buffer> {
    if (!(length <= longestLine)) throw this.failure(new ServerReply('no Redis protocol'));
    while (this.rest.length < length) this.rest = Buffer.concat([this.rest, await this.receive(patienceMs)]);
    const taken = this.rest.subarray(0, length);
    this.rest = this.rest.subarray(length);
    return taken;
  }

  /** The next bytes, never none. A link that ends or is silent for so long while it is read throws. */
  async bytes(silenceMs: number): Promise<Buffer> {
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    return rest.length > 0 ? rest : this.receive(silenceMs);
  }

  private async receive(patienceMs: number): Promise<Buffer> {
    const timer = setTimeout(() => this.socket.destroy(new DeadlineReached(patienceMs)), patienceMs);
    try {
      const next = await this.incoming.next();
      if (next.done === true) throw new LinkEnded('the connection ended');
      return next.value;
    } catch (error) {
      this.close();
      this.signal.throwIfAborted();
      throw this.failure(isPrematureClose(error) ? new LinkEnded('the connection was cut', { cause: error }) : error);
    } finally {
      clearTimeout(timer);
    }
  }

  failure(cause: unknown): Error {
    return serverFailure(this.server, cause);
  }

  readonly close = (): void => void this.socket.destroy();
}

const isPrematureClose = (error: unknown): boolean =>
  types.isNativeError(error) && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

const dial = async (server: string, { host, port, tls }: LinkTarget, signal: AbortSignal): Promise<Socket> => {
  const socket = tls === null ? connectPlain({ host, port }) : connectTls({ host, port, ...tlsOptions(tls) });
  // Its errors reach whoever reads; one that comes when nobody does must not end the process.
  socket.on('error', () => undefined);
  socket.setKeepAlive(true, keepAliveMs);
  try {
    await withDeadline(connectMs, signal, (within) =>
      once(socket, tls === null ? 'connect' : 'secureConnect', { signal: within }),
    );
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw serverFailure(server, error);
  }
};
