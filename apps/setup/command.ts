import { spawn } from 'node:child_process';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** Runs the command as this user; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly directory?: string;
  /** How an error names the command; its first two words otherwise. */
  readonly shownAs?: string;
}

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Errors: `setup_failed` when it cannot be started or is cut off; an exit code is no error here. */
export const outcomeOf = (command: string, args: readonly string[], options: CommandOptions): Promise<CommandOutcome> =>
  new Promise((resolve, reject) => {
    const { signal, user, directory } = options;
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      ...(user ?? {}),
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', (cause) => reject(new HoldfastError('setup_failed', `"${command}" could not run.`, { cause })));
    child.once('close', (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
  });

/** Runs a program that must succeed and returns what it printed. Errors: `setup_failed` with the end of its error output. */
export const run = async (command: string, args: readonly string[], options: CommandOptions): Promise<string> => {
  const { exitCode, stdout, stderr } = await outcomeOf(command, args, options);
  if (exitCode === 0) return stdout;
  const shown = options.shownAs ?? `${command} ${args[0] ?? ''}`;
  throw new HoldfastError('setup_failed', `"${shown}" ended with code ${exitCode}: ${tail(stderr || stdout)}`);
};

export const isInstalled = async (program: string, signal: AbortSignal): Promise<boolean> =>
  (await outcomeOf('sh', ['-c', 'command -v -- "$0" || test -x "/usr/sbin/$0"', program], { signal })).exitCode === 0;

const tail = (text: string): string => text.trim().split('\n').slice(-5).join('\n').slice(-1500);
