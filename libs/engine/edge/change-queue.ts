interface Waiting<T> {
  readonly change: T;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Changes that arrive while others are carried out wait together, and are then carried out as one. */
export class ChangeQueue<T> {
  private waiting: Waiting<T>[] = [];
  private busy = false;

  constructor(private readonly carryOut: (changes: readonly T[]) => Promise<void>) {}

  /** Settles with the round that its change was part of. */
  add(change: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ change, resolve, reject });
      if (!this.busy) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) await this.round(this.waiting.splice(0));
    this.busy = false;
  }

  private async round(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.carryOut(batch.map(({ change }) => change));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
