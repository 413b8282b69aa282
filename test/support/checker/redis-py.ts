import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CheckedClient } from './checker.js';
import type { Login, ServerAddress } from './direct-link.js';
import { Journal, type LogShape, type Outcome } from './journal.js';

/** Debian's own Python, for which Debian's package `python3-redis` is made. */
const python = '/usr/bin/python3';
const program = join(process.cwd(), 'test/support/checker/redis-py-client.py');

interface Note {
  readonly log: string;
  readonly shape: LogShape;
  readonly value: number;
  readonly outcome: Outcome;
  readonly reply: number | null;
  readonly resent: boolean;
  /** The write is told whole with this note. */
  readonly last: boolean;
  readonly sentMs: number;
  readonly atMs: number;
  readonly error: string | null;
}

/** A client in another language: a process with redis-py and its ordinary retry, that only knows one address. */
export class RedisPyClient implements CheckedClient {
  readonly journal: Journal;
  private readonly child: ChildProcess;
  private readonly read: Promise<void>;
  private readonly exited: Promise<unknown>;
  private complaint = '';
  /** Both count CLOCK_MONOTONIC, from different beginnings. */
  private readonly beginMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

  constructor(
    client: number,
    door: ServerAddress,
    login: Login,
    readonly settings: { readonly key: string; readonly thinkMs: number },
  ) {
    this.journal = new Journal(client);
    this.child = spawn(python, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.exited = once(this.child, 'exit');
    // A program that failed at once takes no settings; its complaint says why.
    this.child.stdin?.on('error', () => undefined);
    this.child.stderr?.on('data', (text: Buffer) => (this.complaint += text.toString()));
    const { username, password } = login;
    this.child.stdin?.write(
      `${JSON.stringify({ host: door.host, port: door.port, username, password, ...settings })}\n`,
    );
    this.read = this.follow();
  }

  async stop(withinMs: number): Promise<void> {
    this.child.stdin?.end();
    const given = setTimeout(() => this.child.kill('SIGKILL'), withinMs);
    await Promise.all([this.exited, this.read]);
    clearTimeout(given);
    if (this.complaint !== '') this.journal.failed(this.complaint);
    this.complaint = '';
  }

  private async follow(): Promise<void> {
    for await (const line of createInterface({ input: this.child.stdout! })) this.note(JSON.parse(line) as Note);
  }

  private note({ log, shape, value, outcome, reply, resent, last, sentMs, atMs, error }: Note): void {
    this.journal.log(log, shape).note(value, outcome, { reply, resent });
    if (!last) return;
    this.journal.wants(sentMs - this.beginMs);
    if (outcome === 'acknowledged') this.journal.answered(atMs - this.beginMs);
    if (error !== null) this.journal.failed(error);
  }
}
