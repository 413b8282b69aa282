/** A place where a method waits until the test lets it go on. */
export interface Hold {
  /** Resolves when a call has arrived. */
  readonly reached: Promise<void>;
  /** Calls that come from now on pass; the one that waits goes on waiting. */
  letOthersPass(): void;
  release(): void;
}

/** Lets a test make the next call of a method fail, or hold it. Every fake passes here first. */
export class Faults<Method extends string> {
  /** Methods in the order in which they were called. */
  readonly calls: Method[] = [];
  private readonly failures = new Map<Method, Error[]>();
  private readonly holds = new Map<Method, Gate>();
  private outage: Error | null = null;

  /** Failures of one method queue up: each makes one call fail. */
  failNext(method: Method, error: Error): void {
    this.failures.set(method, [...(this.failures.get(method) ?? []), error]);
  }

  /** Every call fails with this error, until null is set. */
  failAll(error: Error | null): void {
    this.outage = error;
  }

  /** Holds the next call, and all after it, until released. */
  hold(method: Method): Hold {
    const gate = new Gate();
    this.holds.set(method, gate);
    return {
      reached: gate.reached,
      letOthersPass: () => this.forget(method, gate),
      release: () => {
        this.forget(method, gate);
        gate.open();
      },
    };
  }

  /** What a fake's method begins with. Rejects with the caller's reason when cancelled, here or while held. */
  async pass(method: Method, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(method);
    await this.holds.get(method)?.pass(signal);
    const failure = this.outage ?? this.failures.get(method)?.shift();
    if (failure) throw failure;
  }

  private forget(method: Method, gate: Gate): void {
    if (this.holds.get(method) === gate) this.holds.delete(method);
  }
}

class Gate {
  readonly reached: Promise<void>;
  private readonly opened: Promise<void>;
  private arrive: () => void = () => undefined;
  open: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.arrive = resolve));
    this.opened = new Promise((resolve) => (this.open = resolve));
  }

  async pass(signal: AbortSignal): Promise<void> {
    this.arrive();
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    await Promise.race([this.opened, cancelled]);
  }
}
