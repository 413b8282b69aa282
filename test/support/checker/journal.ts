/**
 * What became of a write. `unknown`: no answer came, so it may or may not have happened. `refused`: the server answered
 * with an error, so it must not have happened.
 */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Attempt {
  /** Unique among the client's writes to this log, and rising in the order in which they were sent. */
  readonly value: number;
  readonly outcome: Outcome;
  /** What the server answered an acknowledged write with. */
  readonly reply: unknown;
  /** A client library sent it again by itself because a connection broke: it may have happened twice. */
  readonly resent: boolean;
}

/** `register` keeps the last value, `sequence` all of them in order, `counter` only how many there were. */
export type LogShape = 'register' | 'sequence' | 'counter';

/** All attempts of one client to write one thing, in the order in which they were sent. */
export class Log {
  readonly attempts: Attempt[] = [];

  constructor(
    readonly name: string,
    readonly shape: LogShape,
  ) {}

  note(value: number, outcome: Outcome, more: Partial<Pick<Attempt, 'reply' | 'resent'>> = {}): void {
    this.attempts.push({ value, outcome, reply: null, resent: false, ...more });
  }
}

/** Longest times, in ms. */
export interface Longest {
  /** Between two acknowledged writes. */
  readonly gapMs: number;
  /** From the moment a client wanted to write to the one that a write was acknowledged: what a pause is to it. */
  readonly waitMs: number;
}

/** A write that this server took: it happened somewhere between the two times (`performance.now()`). */
export interface Acceptance {
  readonly server: string;
  readonly sentAtMs: number;
  readonly acknowledgedAtMs: number;
}

/** Everything that one client wrote and was told. */
export class Journal {
  readonly logs = new Map<string, Log>();
  /** Texts of the errors that came out of the client library. */
  readonly errors = new Map<string, number>();
  /** The first and the last write that each connection's server took. */
  readonly acceptances: Acceptance[] = [];
  acknowledged = 0;
  longest: Longest = { gapMs: 0, waitMs: 0 };
  private lastAtMs: number | null = null;
  private wantedAtMs: number | null = null;

  constructor(readonly client: number) {}

  log(name: string, shape: LogShape): Log {
    const present = this.logs.get(name);
    if (present) return present;
    const log = new Log(name, shape);
    this.logs.set(name, log);
    return log;
  }

  /** The client has something to write. Says nothing new while an earlier write has come to nothing. */
  wants(atMs: number): void {
    this.wantedAtMs ??= atMs;
  }

  answered(atMs: number): void {
    this.acknowledged++;
    this.measure(atMs);
    this.lastAtMs = atMs;
    this.wantedAtMs = null;
  }

  /** A client that never wrote again shows the times up to the end. */
  measure(atMs: number): void {
    this.longest = {
      gapMs: Math.max(this.longest.gapMs, atMs - (this.lastAtMs ?? atMs)),
      waitMs: Math.max(this.longest.waitMs, atMs - (this.wantedAtMs ?? atMs)),
    };
  }

  /** From here on only, with what is open now. */
  measureAnew(): void {
    this.longest = { gapMs: 0, waitMs: 0 };
  }

  failed(error: string): void {
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }

  /** Kept short: of a run of writes that one server took, the first and the last prove as much as all of them. */
  accepted(acceptance: Acceptance): void {
    const [before, last] = this.acceptances.slice(-2);
    const goesOn = last?.server === acceptance.server && before?.server === acceptance.server;
    if (goesOn) this.acceptances.pop();
    this.acceptances.push(acceptance);
  }
}
