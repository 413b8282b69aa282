/** A client's connection, as the server sees it. */
export class FakeConnection {
  closed = false;
  readonly ended: Promise<void>;
  private finish: () => void = () => undefined;

  constructor(
    readonly id: number,
    readonly username: string,
  ) {
    this.ended = new Promise((resolve) => (this.finish = resolve));
  }

  end(): void {
    this.closed = true;
    this.finish();
  }
}

interface Pause {
  /** Reads wait too, and whatever else a client sends. */
  readonly all: boolean;
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Who is connected, and who has to wait. */
export class FakeConnections {
  private readonly open = new Set<FakeConnection>();
  private lastId = 2;
  private pause: Pause | null = null;

  add(username: string): FakeConnection {
    const connection = new FakeConnection(++this.lastId, username);
    this.open.add(connection);
    return connection;
  }

  list(): readonly FakeConnection[] {
    return [...this.open];
  }

  /** Returns how many it ended. */
  end(which: (connection: FakeConnection) => boolean): number {
    const chosen = this.list().filter(which);
    for (const connection of chosen) {
      connection.end();
      this.open.delete(connection);
    }
    return chosen.length;
  }

  hold(forMs: number, all: boolean): void {
    this.release();
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    const timer = setTimeout(() => this.release(), forMs).unref();
    this.pause = { all, over, end: () => (clearTimeout(timer), end()) };
  }

  release(): void {
    this.pause?.end();
    this.pause = null;
  }

  /** Returns when the command may run, or its connection has ended, or the caller has given up. */
  async admitted(connection: FakeConnection, writes: boolean, signal: AbortSignal): Promise<void> {
    while (this.pause && (this.pause.all || writes) && !connection.closed) {
      const givenUp = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      await Promise.race([this.pause.over, connection.ended, givenUp]);
    }
  }
}
