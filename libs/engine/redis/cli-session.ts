import type { Duplex } from 'node:stream';
import { decoded, parseReply, quoted } from './cli-text.js';

interface Asked {
  readonly isRaw: boolean;
  readonly lines: string[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** What `redis-cli` says to a line that it cannot read, without asking the server: it marks the end of the reply before. */
const unreadable = '"';
const endOfReply = 'Invalid argument(s)';

/** Added to a reply that took more than half a second. */
const elapsed = /^\(\d+\.\d\ds\)$/;

/** Commands and replies over the stdin and stdout of one `redis-cli --no-raw`. Replies come in the order of the commands. */
export class CliSession {
  private readonly asked: Asked[] = [];
  private unfinished = '';
  private end: Error | null = null;

  constructor(private readonly program: Duplex) {
    program.setEncoding('latin1');
    program.on('data', (text: string) => this.read(text));
    program.on('error', (error) => this.over(error));
    program.on('close', () => this.over(noConnection()));
  }

  /** Sends all in one write. A reply that is an error is a ReplyError. Rejects when the server or the program is gone. */
  async ask(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    if (this.end !== null) throw this.end;
    const replies = commands.map(
      (args) =>
        new Promise<unknown>((resolve, reject) => {
          this.asked.push({ isRaw: isPrintedRaw(args), lines: [], resolve, reject });
        }),
    );
    this.program.write(commands.map((args) => `${args.map(quoted).join(' ')}\n${unreadable}\n`).join(''));
    return Promise.all(replies);
  }

  close(): void {
    this.program.destroy();
  }

  private read(text: string): void {
    const lines = (this.unfinished + text).split('\n');
    this.unfinished = lines.pop() ?? '';
    for (const line of lines) {
      if (line === endOfReply) this.reply();
      else this.asked[0]?.lines.push(line);
    }
  }

  private reply(): void {
    const asked = this.asked.shift();
    if (asked === undefined) return;
    const { lines, isRaw } = asked;
    if (elapsed.test(lines.at(-1) ?? '')) lines.pop();
    // It says on its stderr that it has no connection, and here nothing.
    if (lines.length === 0) asked.reject(noConnection());
    else asked.resolve(isRaw ? decoded(lines.join('\n')) : parseReply(lines));
  }

  private over(error: Error): void {
    this.end ??= error;
    for (const { reject } of this.asked.splice(0)) reject(this.end);
  }
}

/** Texts for people are printed as they are, whatever the program is told. */
const isPrintedRaw = ([name = '', subcommand = '']: readonly string[]): boolean =>
  /^(info |client (list|info)$|memory (doctor|malloc-stats)$|latency (doctor|graph)$)/i.test(`${name} ${subcommand}`);

const noConnection = (): Error => Object.assign(new Error('no connection'), { code: 'ECONNREFUSED' });
