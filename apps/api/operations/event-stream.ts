import { once } from 'node:events';
import type { Response } from 'express';

/** Proxies drop a connection on which nothing is said for a while. */
const heartbeatMs = 15_000;

/** One answer as `text/event-stream`. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly response: Response,
    onClose: () => void,
  ) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    this.heartbeat = setInterval(() => response.write(':\n\n'), heartbeatMs);
    response.once('close', () => {
      clearInterval(this.heartbeat);
      onClose();
    });
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Waits while the client reads more slowly than this is written. */
  async send(event: string, data: unknown, id?: string): Promise<void> {
    if (!this.isOpen) return;
    const lines = [...(id === undefined ? [] : [`id: ${id}`]), `event: ${event}`, `data: ${JSON.stringify(data)}`];
    if (this.response.write(`${lines.join('\n')}\n\n`)) return;
    await Promise.race([once(this.response, 'drain'), once(this.response, 'close')]);
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
  }
}
