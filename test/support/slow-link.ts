import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

export interface Conditions {
  /** Each chunk arrives this much later, in both directions. Chunks overlap, as on a long line. */
  readonly delayMs?: number;
  /** In each direction. Missing: no limit. */
  readonly bytesPerSecond?: number;
}

/** A line between two servers that a test makes slow, narrow, silent or broken, and whole again. It knows nothing of what goes over it. */
export class SlowLink {
  private conditions: Conditions = {};
  private stalled: Promise<void> | null = null;
  private goOn: () => void = () => undefined;
  private down = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    /** What to dial in place of the target. */
    readonly address: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (socket) => this.join(socket));
  }

  /** `host` is an address of this machine that those who dial can reach: for containers, the gateway of their network. */
  static async open(host: string, target: { readonly host: string; readonly port: number }): Promise<SlowLink> {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    return new SlowLink(server, target, { host, port: (server.address() as AddressInfo).port });
  }

  /** Replaces all conditions; none makes the line as good as it can be. */
  set(conditions: Conditions): void {
    this.conditions = conditions;
  }

  /** Connections stay and nothing arrives any more, as when a cable is pulled. */
  stall(): void {
    this.stalled ??= new Promise((resolve) => (this.goOn = resolve));
  }

  /** Connections break off, and new ones are reset. */
  cut(): void {
    this.down = true;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Whatever was held back arrives, new connections are taken, and no condition is left. */
  heal(): void {
    this.down = false;
    this.conditions = {};
    this.stalled = null;
    this.goOn();
  }

  async close(): Promise<void> {
    this.cut();
    this.goOn();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket): void {
    if (this.down) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.target);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.sockets.add(socket.once('close', () => this.sockets.delete(socket)));
    }
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    pipeline(near, this.line(), far, end);
    pipeline(far, this.line(), near, end);
  }

  private line(): Transform {
    return new Line(
      () => this.conditions,
      () => this.stalled,
    );
  }
}

/** About a tenth of a second on the narrowest line that a test makes. */
const sliceBytes = 4_096;
/** What is on its way on a long line at most, so that a sender feels a narrow or a silent one. */
const onTheWay = 256;

/** One direction of a connection. */
class Line extends Transform {
  private arrived: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly conditions: () => Conditions,
    private readonly stalled: () => Promise<void> | null,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    void this.narrow(chunk).then(() => done());
  }

  override _flush(done: TransformCallback): void {
    void this.arrived.then(() => done());
  }

  private async narrow(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      const { bytesPerSecond, delayMs = 0 } = this.conditions();
      if (bytesPerSecond !== undefined) await pause((slice.length / bytesPerSecond) * 1000);
      this.deliver(slice, delayMs);
      if (this.waiting >= onTheWay) await this.arrived;
    }
  }

  /** Never before what was sent earlier. */
  private deliver(slice: Buffer, delayMs: number): void {
    const ripe = delayMs > 0 ? pause(delayMs) : null;
    const earlier = this.arrived;
    this.waiting++;
    this.arrived = (async () => {
      await ripe;
      await earlier;
      for (let stalled = this.stalled(); stalled; stalled = this.stalled()) await stalled;
      this.waiting--;
      if (!this.destroyed) this.push(slice);
    })();
  }
}
