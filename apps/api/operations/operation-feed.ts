import { Listener } from '#persistence/listen.js';

/** A message can be lost while the listening connection is away, so each follower looks again this often. */
const lookAgainMs = 1_000;

/** A wish to be told about one operation. */
export class Watch {
  private changed = true;
  private closed = false;
  private wake: (() => void) | null = null;

  constructor(private readonly onClose: (watch: Watch) => void) {}

  /** Resolves to true when something may have changed since the last call, to false when the watch is over. */
  async next(): Promise<boolean> {
    if (!this.changed && !this.closed) await new Promise<void>((resolve) => (this.wake = resolve));
    this.changed = false;
    return !this.closed;
  }

  notify(): void {
    this.changed = true;
    this.wake?.();
    this.wake = null;
  }

  close(): void {
    this.closed = true;
    this.notify();
    this.onClose(this);
  }
}

/** Tells followers that something happened to an operation. One listening connection serves them all. */
export class OperationFeed {
  private readonly watches = new Map<string, Set<Watch>>();
  private readonly listener: Listener;
  private timer: NodeJS.Timeout | null = null;

  constructor(databaseUrl: string) {
    this.listener = new Listener(
      databaseUrl,
      'holdfast_operation',
      (id) => this.watches.get(id)?.forEach((watch) => watch.notify()),
      () => this.notifyAll(),
    );
  }

  watch(operationId: string): Watch {
    const watch = new Watch(() => this.remove(operationId, watch));
    const ofOperation = this.watches.get(operationId) ?? new Set();
    this.watches.set(operationId, ofOperation.add(watch));
    this.timer ??= setInterval(() => this.notifyAll(), lookAgainMs);
    return watch;
  }

  /** How many operations are followed. */
  get followed(): number {
    return this.watches.size;
  }

  /** Called by Nest. */
  onModuleInit(): Promise<void> {
    return this.listener.start();
  }

  /** Called by Nest before the server closes: a live stream would keep it open for ever. */
  async onModuleDestroy(): Promise<void> {
    for (const watch of this.all()) watch.close();
    await this.listener.close();
  }

  private notifyAll(): void {
    for (const watch of this.all()) watch.notify();
  }

  private all(): Watch[] {
    return [...this.watches.values()].flatMap((watches) => [...watches]);
  }

  private remove(operationId: string, watch: Watch): void {
    const ofOperation = this.watches.get(operationId);
    ofOperation?.delete(watch);
    if (ofOperation?.size === 0) this.watches.delete(operationId);
    if (this.watches.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
