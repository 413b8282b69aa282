import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The longest that a client, one command after the other, waits for a reply. In ms. */
export class SlowestReply {
  longestMs = 0;
  private running = true;

  private constructor(
    private readonly socket: Socket,
    private readonly over: { done: Promise<void> },
  ) {}

  static async start(host: string): Promise<SlowestReply> {
    const socket = connect({ host, port: 6379, noDelay: true });
    await once(socket, 'connect');
    const client = new SlowestReply(socket, { done: Promise.resolve() });
    client.over.done = client.run();
    return client;
  }

  async stop(): Promise<number> {
    this.running = false;
    await this.over.done;
    this.socket.destroy();
    return this.longestMs;
  }

  private async run(): Promise<void> {
    while (this.running) {
      const at = performance.now();
      this.socket.write('GET key:1\r\n');
      for (let bytes = 0; bytes < 1024;) bytes += ((await once(this.socket, 'data')) as [Buffer])[0].length;
      this.longestMs = Math.max(this.longestMs, performance.now() - at);
      await pause(1);
    }
  }
}
