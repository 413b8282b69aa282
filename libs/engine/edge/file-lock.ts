import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** A holder that shows no life for so long loses the lock. */
const silenceSeconds = 10;
const beatMs = 1000;
const held = 'held';

/**
 * Runs `work` while this caller, alone among all processes that use the file, holds its lock. `lost` aborts when the lock was taken
 * from it meanwhile.
 *
 * Node has no flock(2), so util-linux's program holds the lock for us, for as long as it hears from us: it lets go as soon as this
 * process is gone, and some seconds after it stopped (a debugger, a frozen container), so that nobody waits for it for ever.
 */
export const withFileLock = async <T>(
  path: string,
  signal: AbortSignal,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> => {
  await (await open(path, 'a')).close();
  // The caller may have given up while the file was opened; an old abort raises no event.
  signal.throwIfAborted();
  const holder = startHolder(path);
  const lost = new AbortController();
  const gone = once(holder, 'close').then(
    ([code]) => lost.abort(lockError(path, `flock ended with ${String(code)}`)),
    (error: unknown) => lost.abort(lockError(path, String(error))),
  );
  const beat = setInterval(() => holder.stdin?.write('\n'), beatMs);
  try {
    await taken(holder, signal, lost.signal);
    return await work(lost.signal);
  } finally {
    clearInterval(beat);
    holder.kill('SIGKILL');
    await gone;
  }
};

const startHolder = (path: string): ChildProcess => {
  const script = `echo ${held}; while read -r -t ${silenceSeconds} _; do :; done`;
  // Without a fork, killing the program is letting go.
  const holder = spawn('flock', ['--no-fork', path, 'bash', '-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  // It may be gone when it is written to; that it is gone is seen by its end.
  holder.stdin?.on('error', () => undefined);
  return holder;
};

const taken = async (holder: ChildProcess, signal: AbortSignal, lost: AbortSignal): Promise<void> => {
  if (holder.stdout)
    await once(holder.stdout, 'data', { signal: AbortSignal.any([signal, lost]) }).catch(() => undefined);
  signal.throwIfAborted();
  lost.throwIfAborted();
};

const lockError = (path: string, reason: string): HoldfastError =>
  new HoldfastError('edge_unreachable', `${path} cannot be locked: ${reason}`);
