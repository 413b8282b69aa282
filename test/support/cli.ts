import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface CliResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The built CLI, as a process without a terminal. */
export class Cli {
  constructor(private readonly environment: Readonly<Record<string, string>>) {}

  /** Runs a line to its end; words are separated by one space. */
  async run(line: string, input = ''): Promise<CliResult> {
    const { child, ended } = this.start(line);
    child.stdin?.end(input);
    return ended;
  }

  /** The only JSON document on the standard output. */
  async json<Document>(line: string): Promise<Document> {
    const { exitCode, output, errors } = await this.run(`${line} --output json`);
    if (exitCode !== 0) throw new Error(`holdfast ${line} ended with ${exitCode}: ${errors}`);
    return JSON.parse(output) as Document;
  }

  start(line: string): { child: ChildProcess; ended: Promise<CliResult> } {
    const words = line.split(' ').filter((word) => word !== '');
    const { PATH = '' } = process.env;
    const child = spawn(join(root, 'node_modules/.bin/holdfast'), words, {
      cwd: root,
      env: { PATH, HOME: '/nonexistent', ...this.environment },
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const ended = once(child, 'close').then(([code]) => ({ exitCode: code as number | null, output, errors }));
    return { child, ended };
  }
}
