import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** A unix socket in front of another one, as a daemon shows itself that is down, hangs, or is slow. */
export class CutSocket {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();
  private delayMs = 0;
  private stalled = false;

  constructor(
    readonly path: string,
    private readonly target: string,
  ) {}

  /** Connections are let through, each answer after this delay. */
  async up(delayMs = 0): Promise<void> {
    this.delayMs = delayMs;
    this.stalled = false;
    if (this.server) return;
    this.server = createServer((client) => this.join(client)).listen(this.path);
    await once(this.server, 'listening');
  }

  /** New connections are refused, present ones break off. */
  async down(): Promise<void> {
    const closing = this.server;
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    if (!closing) return;
    closing.close();
    await once(closing, 'close');
  }

  /** Connections are taken and never answered. */
  stall(): void {
    this.stalled = true;
  }

  private join(client: Socket): void {
    const engine = connect(this.target);
    for (const socket of [client, engine]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        engine.destroy();
      });
    }
    client.pipe(engine);
    engine.on('data', (data) => void this.answer(client, data));
  }

  private async answer(client: Socket, data: Buffer): Promise<void> {
    if (this.delayMs > 0) await pause(this.delayMs);
    if (!this.stalled) client.write(data);
  }
}
