import { setTimeout as pause } from 'node:timers/promises';
import { Journal, type LogShape } from './journal.js';
import type { Answer, Command, Link, Way } from './link.js';

/** One log that a write appends to, with the command that does it. */
interface Line {
  readonly log: string;
  readonly shape: LogShape;
  readonly command: Command;
}

export const pipelineLength = 50;
const registers = 100;

/** Names of the logs are names of keys behind the client's prefix. */
const write = {
  set: (key: string, value: number): Line => {
    const log = `set:${value % registers}`;
    return { log, shape: 'register', command: ['SET', key + log, String(value)] };
  },
  push: (key: string, value: number, log = 'list'): Line => ({
    log,
    shape: 'sequence',
    command: ['LPUSH', key + log, String(value)],
  }),
  add: (key: string, value: number): Line => ({
    log: 'stream',
    shape: 'sequence',
    command: ['XADD', `${key}stream`, '*', 'value', String(value)],
  }),
  increment: (key: string, log = 'count'): Line => ({ log, shape: 'counter', command: ['INCR', key + log] }),
  last: (key: string, value: number): Line => ({
    log: 'tx:last',
    shape: 'register',
    command: ['SET', `${key}tx:last`, String(value)],
  }),
};

type Turn = readonly [way: Way, lines: (key: string, next: () => number) => readonly Line[]];

const small: readonly Turn[] = [
  ['single', (key, next) => [write.set(key, next())]],
  ['single', (key, next) => [write.push(key, next())]],
  ['single', (key, next) => [write.add(key, next())]],
  ['single', (key) => [write.increment(key)]],
  ['transaction', (key, next) => transaction(key, next())],
];

/** What a client does in turn. Most commands still come in pipelines. */
const turns: readonly Turn[] = [
  ...[...small, ...small, ...small],
  ['pipeline', (key, next) => Array.from({ length: pipelineLength / 2 }, () => mixed(key, next())).flat()],
];

/** All logs get the same value, so that half a transaction can be told. */
const transaction = (key: string, value: number): readonly Line[] => [
  write.last(key, value),
  write.push(key, value, 'tx:list'),
  write.increment(key, 'tx:count'),
];

const mixed = (key: string, value: number): readonly Line[] => [
  write.push(key, value, 'pipeline'),
  value % 2 === 0 ? write.set(key, value) : write.increment(key),
];

/** One client that writes to keys of its own, one write after the other, and keeps a journal of what it was told. */
export class Writer {
  readonly journal: Journal;
  private value = 0;
  private stopped = false;
  private readonly work: Promise<void>;

  constructor(
    client: number,
    private readonly link: Link,
    private readonly key: string,
    private readonly thinkMs: number,
  ) {
    this.journal = new Journal(client);
    this.work = this.run();
  }

  /** Ends after the write that is under way. A link that still tries to reach somebody is cut off after a while. */
  async stop(withinMs: number): Promise<void> {
    this.stopped = true;
    this.journal.measure(performance.now());
    const given = setTimeout(() => this.link.close(), withinMs);
    await this.work;
    clearTimeout(given);
    this.link.close();
  }

  private async run(): Promise<void> {
    const next = (): number => ++this.value;
    while (!this.stopped) {
      for (const [way, lines] of turns) {
        if (this.stopped) return;
        await this.send(way, lines(this.key, next));
        if (this.thinkMs > 0) await pause(this.thinkMs);
      }
    }
  }

  private async send(way: Way, lines: readonly Line[]): Promise<void> {
    const sentAtMs = performance.now();
    this.journal.wants(sentAtMs);
    const { answers, server, resent } = await this.link.send(
      lines.map(({ command }) => command),
      way,
    );
    const atMs = performance.now();
    lines.forEach((line, index) => this.note(line, answers[index]!, resent));
    const failed = answers.find(({ outcome }) => outcome !== 'acknowledged');
    if (failed) this.journal.failed(failed.error ?? 'no reason');
    if (!answers.some(({ outcome }) => outcome === 'acknowledged')) return;
    this.journal.answered(atMs);
    if (server !== null) this.journal.accepted({ server, sentAtMs, acknowledgedAtMs: atMs });
  }

  private note({ log, shape, command }: Line, { outcome, reply }: Answer, resent: boolean): void {
    const value = shape === 'counter' ? this.value : Number(command.at(-1));
    this.journal.log(log, shape).note(value, outcome, { reply, resent });
  }
}
