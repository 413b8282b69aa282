/** Says what the set-up does, each line with the seconds since it began. */
export class Progress {
  private readonly startedAt = performance.now();

  constructor(private readonly write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)) {}

  note(text: string): void {
    this.write(`[${seconds(performance.now() - this.startedAt).padStart(7)}] ${text}`);
  }

  /** Runs one phase and says how long it took, also when it fails. */
  async phase<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    this.note(`${title} ...`);
    let outcome = 'failed after';
    try {
      const result = await work();
      outcome = 'done in';
      return result;
    } finally {
      this.note(`${title}: ${outcome} ${seconds(performance.now() - startedAt)}`);
    }
  }
}

const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;
