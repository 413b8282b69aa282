import { PassThrough } from 'node:stream';
import { runCli } from '../run.js';

export interface Invocation {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export interface InvocationOptions {
  readonly environment?: Record<string, string>;
  /** What is piped in; with `terminal`, what is typed. */
  readonly typed?: string;
  readonly terminal?: boolean;
  readonly interrupted?: AbortSignal;
}

/** Runs a command line inside this process. The home directory does not exist unless the environment names one. */
export const invoke = async (words: readonly string[], options: InvocationOptions = {}): Promise<Invocation> => {
  const { environment = {}, typed = '', terminal = false, interrupted = new AbortController().signal } = options;
  const input = Object.assign(new PassThrough(), { isTTY: terminal });
  const output = Object.assign(new PassThrough(), { isTTY: terminal });
  const errors = Object.assign(new PassThrough(), { isTTY: terminal });
  const [outputText, errorText] = [collect(output), collect(errors)];
  input.end(typed);
  const host = { environment: { HOME: '/nonexistent', ...environment }, input, output, errors, interrupted };
  const exitCode = await runCli(words, host);
  output.end();
  errors.end();
  return { exitCode, output: await outputText, errors: await errorText };
};

const collect = async (stream: PassThrough): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};
