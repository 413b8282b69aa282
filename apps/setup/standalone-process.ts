import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import { isListening } from './free-port.js';
import { identityOf } from './process-identity.js';
import { projectRoot } from './project-root.js';
import type { Progress } from './progress.js';
import { readIfPresent, writeSecretFile } from './secret-file.js';
import { waitUntil } from './wait-until.js';

/** The process that holds all roles, as the file in HOLDFAST_HOME records it. */
interface RunningProcess {
  readonly pid: number;
  readonly identity: string;
  /** Of the build and the settings that it was started with. */
  readonly fingerprint: string;
}

/** Which program runs for which installation. */
export interface Standalone {
  readonly home: string;
  readonly program: string;
}

export const standaloneOf = (home: string): Standalone => ({
  home,
  program: join(projectRoot, 'dist/apps/standalone/main.js'),
});

const recordOf = (home: string): string => join(home, 'standalone.json');
const logOf = (home: string): string => join(home, 'standalone.log');

/** In place of the fingerprint of a process that was told to end: should we be interrupted, no later run takes it for one that stays. */
const ending = 'ending';

const readyWithinMs = 60_000;
const defaultStopsWithinMs = 30_000;
const killedWithinMs = 5000;
const largeLogBytes = 50 * 1024 * 1024;

/**
 * Starts the process unless it runs already with this build and these settings, and waits until it is ready at `url`.
 * Errors: `setup_failed` with the end of its log.
 */
export const ensureStandalone = async (
  standalone: Standalone,
  url: string,
  environment: Readonly<Record<string, string>>,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const fingerprint = fingerprintOf(standalone.home, environment);
  const running = findRunning(standalone);
  if (running && running.fingerprint !== fingerprint) {
    const why =
      running.fingerprint === ending ? 'It was told to end before' : 'The program or its settings have changed';
    progress.note(`${why}: it is started again`);
    await stopStandalone(standalone, progress, signal);
  }
  if (running?.fingerprint !== fingerprint) {
    await assertNobodyListens(url, signal);
    start(standalone, environment, fingerprint);
  }
  await waitUntil('Holdfast is ready', () => isReady(standalone, url, signal), { withinMs: readyWithinMs }, signal);
};

/** The same, but a process that runs already ends first, whatever it was started with: it reads everything anew. */
export const restartStandalone: typeof ensureStandalone = async (standalone, url, environment, progress, signal) => {
  await stopStandalone(standalone, progress, signal);
  await ensureStandalone(standalone, url, environment, progress, signal);
};

/** Asks the process to end and waits for its operations to be handed back; kills it when that takes too long, and says so. */
export const stopStandalone = async (
  standalone: Standalone,
  progress: Progress,
  signal: AbortSignal,
  stopsWithinMs = defaultStopsWithinMs,
): Promise<void> => {
  const running = findRunning(standalone);
  if (running) {
    record(standalone.home, { ...running, fingerprint: ending });
    process.kill(running.pid, 'SIGTERM');
    if (!(await endsWithin(standalone, stopsWithinMs, signal))) {
      progress.note(`Holdfast did not end within ${stopsWithinMs / 1000} s and is killed; its operations go on later`);
      process.kill(running.pid, 'SIGKILL');
      await waitUntil('the killed Holdfast is gone', isGone(standalone), { withinMs: killedWithinMs }, signal);
    }
  }
  rmSync(recordOf(standalone.home), { force: true });
};

const isGone = (standalone: Standalone) => async (): Promise<boolean> => findRunning(standalone) === null;

const endsWithin = async (standalone: Standalone, withinMs: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await waitUntil('Holdfast ends', isGone(standalone), { withinMs }, signal);
    return true;
  } catch (error) {
    if (isHoldfastError(error, 'setup_failed')) return false;
    throw error;
  }
};

/** A recorded pid may be another program's by now, after a reboot for one: only the recorded process counts. */
const findRunning = ({ home }: Standalone): RunningProcess | null => {
  const recorded = readIfPresent(recordOf(home));
  if (recorded === null) return null;
  const running = JSON.parse(recorded) as RunningProcess;
  return identityOf(running.pid) === running.identity ? running : null;
};

/** A stranger that answers on our port would be taken for us until our own process has noticed that the port is taken. */
const assertNobodyListens = async (url: string, signal: AbortSignal): Promise<void> => {
  if (!(await isListening(url, signal))) return;
  const detail = `Another program listens on ${url}; stop it, or choose another HOLDFAST_PORT.`;
  throw new HoldfastError('setup_failed', detail);
};

const start = (
  { home, program }: Standalone,
  environment: Readonly<Record<string, string>>,
  fingerprint: string,
): void => {
  setAsideLargeLog(logOf(home));
  const log = openSync(logOf(home), 'a', 0o600);
  const child = spawn(process.execPath, ['--enable-source-maps', program], {
    cwd: home,
    env: environment,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  const { pid } = child;
  if (pid === undefined) throw didNotStart(home);
  const identity = identityOf(pid);
  if (identity === null) throw didNotStart(home);
  record(home, { pid, identity, fingerprint });
};

const record = (home: string, running: RunningProcess): void =>
  writeSecretFile(recordOf(home), JSON.stringify(running));

/** One older log is kept. */
const setAsideLargeLog = (file: string): void => {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > largeLogBytes) renameSync(file, `${file}.1`);
};

const isReady = async (standalone: Standalone, url: string, signal: AbortSignal): Promise<boolean> => {
  if (!findRunning(standalone)) throw didNotStart(standalone.home);
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
    return (await fetch(new URL('/health/ready', url), { signal: limited })).ok;
  } catch {
    // Not listening yet; the caller holds the deadline.
    signal.throwIfAborted();
    return false;
  }
};

const didNotStart = (home: string): HoldfastError => {
  const lines = readFileSync(logOf(home), 'utf8').trim().split('\n').slice(-10).join('\n');
  return new HoldfastError('setup_failed', `Holdfast ended at its start; ${logOf(home)} ends with:\n${lines}`);
};

/** Files that the process reads once, when it starts, count with what is in them: a new master key, another store. */
const fingerprintOf = (home: string, environment: Readonly<Record<string, string>>): string => {
  const { HOLDFAST_MASTER_KEY_FILE: keyFile = join(home, 'master.key'), HOLDFAST_BACKUP_STORES_FILE: storesFile } =
    environment;
  const files = [keyFile, storesFile].map((file) => file && readIfPresent(file));
  const settings = Object.entries(environment).filter(([name]) => name.startsWith('HOLDFAST_'));
  const build = readIfPresent(join(projectRoot, 'dist/.build-stamp'));
  return createHash('sha256')
    .update(JSON.stringify([build, settings.sort(), files]))
    .digest('hex');
};
