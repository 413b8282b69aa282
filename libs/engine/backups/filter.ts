import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Transform, Writable } from 'node:stream';
import { types } from 'node:util';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** Something that reads bytes on one side and gives others on the other side. */
export interface Filter {
  readonly input: Writable;
  readonly output: Readable;
  /** Resolves when it is over, whatever was the end of it; false when it did not like its input. Never before `stop` or the last byte. */
  readonly ended: Promise<boolean>;
  readonly stop: () => void;
}

/** A program that filters its standard input. Errors of `ended`: `program_missing`, `internal_error` when somebody killed it. */
export const programFilter = (program: string, args: readonly string[]): Filter => {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  let stopped = false;
  const ended = once(child, 'close').then(
    ([code]: unknown[]) => {
      if (code === null && !stopped) throw new HoldfastError('internal_error', `${program} was killed`);
      return code === 0;
    },
    (error: unknown) => {
      throw new HoldfastError('program_missing', `${program} cannot be run`, { cause: error });
    },
  );
  const stop = () => {
    stopped = true;
    child.kill('SIGKILL');
    child.stdin.destroy();
    child.stdout.destroy();
  };
  return quiet({ input: child.stdin, output: child.stdout, ended, stop });
};

export const zlibFilter = (transform: Transform): Filter => {
  const ended = new Promise<boolean>((resolve) => {
    transform.once('close', () => resolve(transform.errored === null));
  });
  return quiet({ input: transform, output: transform, ended, stop: () => void transform.destroy() });
};

/** Its errors are seen where it is read and in `ended`; elsewhere they must not end the process. */
const quiet = (filter: Filter): Filter => {
  filter.input.on('error', () => undefined);
  filter.output.on('error', () => undefined);
  filter.ended.catch(() => undefined);
  return filter;
};

/** The filter did not like its input. */
export class FilterRefused extends Error {
  override readonly name = 'FilterRefused';
}

/**
 * The body after the filter, which is started with the first byte that is asked for and is gone when this ends, however it ends. Errors:
 * those of the body first, then the signal's reason, FilterRefused, and what the filter says.
 */
export async function* filtered(
  body: AsyncIterable<Buffer>,
  start: () => Filter,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const filter = start();
  signal.addEventListener('abort', filter.stop, { once: true });
  let failed: { readonly error: unknown } | null = null;
  // Not waited for when this ends early: the body may be silent, and it is its owner who ends it.
  const fed = feed(body, filter.input).catch((error: unknown) => {
    failed = { error };
    filter.stop();
  });
  try {
    for await (const part of filter.output as AsyncIterable<Buffer>) yield part;
    if (!(await filter.ended)) throw new FilterRefused('the filter refused its input');
    await fed;
  } catch (error) {
    throw await reasonOf(error, failed, filter, signal);
  } finally {
    signal.removeEventListener('abort', filter.stop);
    filter.stop();
    await filter.ended.catch(() => false);
  }
}

const reasonOf = async (
  error: unknown,
  failed: { readonly error: unknown } | null,
  { ended }: Filter,
  signal: AbortSignal,
): Promise<unknown> => {
  if (failed) return failed.error;
  if (signal.aborted) return signal.reason;
  // An output that broke off tells less than why it did.
  const liked = await ended.catch((why: unknown) => why);
  if (types.isNativeError(liked)) return liked;
  return error instanceof FilterRefused ? error : new FilterRefused('the filter refused its input', { cause: error });
};

/** Ends when the input no longer takes anything: then the filter is over, and says why. */
const feed = async (body: AsyncIterable<Buffer>, input: Writable): Promise<void> => {
  for await (const part of body) {
    if (input.destroyed || input.errored) return;
    if (!input.write(part)) await room(input);
  }
  input.end();
};

const room = (input: Writable): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      input.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    if (input.destroyed || input.errored) resolve();
    else input.on('drain', done).on('close', done).on('error', done);
  });
