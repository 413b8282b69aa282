import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';

/** What becomes of a request that the proxy gets. */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** It is taken and never answered. */
  | { readonly kind: 'silence' }
  /** It is carried out, and the connection cut before the answer. */
  | { readonly kind: 'lose-answer' }
  /** The connection is cut after so many bytes of the body; the head of an answer still passes. */
  | { readonly kind: 'cut-request' | 'cut-answer'; readonly afterBytes: number }
  /** After so many bytes of the answer's body nothing more comes. */
  | { readonly kind: 'stall-answer'; readonly afterBytes: number }
  /** The answer's body ends cleanly after so many bytes, without a word of its length. */
  | { readonly kind: 'shorten-answer'; readonly afterBytes: number }
  | { readonly kind: 'flip-request' | 'flip-answer'; readonly at: number };

export interface FaultRule {
  readonly fault: Fault;
  /** Requests that it meets before they pass again. */
  readonly times?: number;
  readonly only?: (request: IncomingMessage) => boolean;
}

/** An HTTP server in front of another one, which spoils what passes through it. */
export class FaultyProxy {
  private rule: (FaultRule & { met: number }) | null = null;
  private readonly sockets = new Set<Socket>();
  /** Method and path with query of each request, in order. */
  readonly seen: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
    readonly port: number,
  ) {}

  static async open(targetPort: number): Promise<FaultyProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new FaultyProxy(server, targetPort, (server.address() as AddressInfo).port);
    server.on('request', (incoming, outgoing) => proxy.handle(incoming, outgoing));
    server.on('connection', (socket: Socket) => {
      proxy.sockets.add(socket);
      socket.on('close', () => proxy.sockets.delete(socket));
    });
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** From now on, in place of the rule before. */
  set(rule: FaultRule | null): void {
    this.rule = rule ? { ...rule, met: 0 } : null;
  }

  /** New connections are refused and present ones break off, until `up`. */
  async down(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async up(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    if (this.server.listening) await this.down();
  }

  private handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    this.seen.push(`${incoming.method} ${incoming.url}`);
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    const fault = this.faultFor(incoming);
    if (fault?.kind === 'silence') incoming.resume();
    else if (fault?.kind === 'answer') this.answer(incoming, outgoing, fault.status, fault.code);
    else this.pass(incoming, outgoing, fault);
  }

  private faultFor(incoming: IncomingMessage): Fault | null {
    const { rule } = this;
    if (!rule || !(rule.only?.(incoming) ?? true) || rule.met >= (rule.times ?? Infinity)) return null;
    rule.met += 1;
    return rule.fault;
  }

  private answer(incoming: IncomingMessage, outgoing: ServerResponse, status: number, code: string): void {
    incoming.resume();
    incoming.on('end', () => {
      outgoing.writeHead(status, { 'content-type': 'application/xml' });
      outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as the test wants</Message></Error>`);
    });
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | null): void {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: this.targetPort, method, path, headers });
    const cut = (): void => {
      onward.destroy();
      incoming.socket.destroy();
    };
    onward.on('error', cut);
    incoming.on('close', () => {
      if (!incoming.complete) onward.destroy();
    });
    onward.on('response', (answer) => {
      if (fault?.kind === 'lose-answer') {
        answer.resume();
        return void answer.on('end', cut);
      }
      const { 'content-length': length, ...others } = answer.headers;
      const isShort = fault?.kind === 'shorten-answer';
      outgoing.writeHead(answer.statusCode ?? 500, isShort || length === undefined ? others : answer.headers);
      answer.on('error', cut);
      outgoing.on('close', () => answer.destroy());
      answer.pipe(spoiling(fault, 'answer', cut)).pipe(outgoing);
    });
    incoming.pipe(spoiling(fault, 'request', cut)).pipe(onward);
  }
}

/** The bytes as the fault leaves them in this direction. */
const spoiling = (fault: Fault | null, direction: 'request' | 'answer', cut: () => void): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const before = bytes;
      bytes += chunk.length;
      if (!fault?.kind.endsWith(direction)) return done(null, chunk);
      if ('at' in fault)
        return done(null, fault.at >= before && fault.at < bytes ? flipped(chunk, fault.at - before) : chunk);
      if (!('afterBytes' in fault) || bytes <= fault.afterBytes) return done(null, chunk);
      this.push(chunk.subarray(0, Math.max(0, fault.afterBytes - before)));
      if (fault.kind === 'shorten-answer') this.push(null);
      // Later, so that what was let through arrives first.
      else if (fault.kind !== 'stall-answer') setTimeout(cut, 20);
    },
  });
};

const flipped = (chunk: Buffer, at: number): Buffer => {
  const copy = Buffer.from(chunk);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
};
