import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { isInstalled, run } from './command.js';
import { askEngine } from './docker-http.js';
import { installPackages, isPackageKnown } from './host-packages.js';
import type { Progress } from './progress.js';
import { waitUntil } from './wait-until.js';

/** How to run the engine where no service manager does. Tests give a socket and directories of their own. */
export interface DaemonOptions {
  readonly args: readonly string[];
  readonly logFile: string;
}

const defaultSocket = '/var/run/docker.sock';
const defaultDaemon: DaemonOptions = { args: [], logFile: '/var/log/holdfast-dockerd.log' };
const startsWithinMs = 60_000;

/** Installs and starts the Docker engine when none answers on the socket. Errors: `setup_failed`. */
export const ensureDockerEngine = async (
  socket: string,
  progress: Progress,
  signal: AbortSignal,
  daemon: DaemonOptions | null = socket === defaultSocket ? defaultDaemon : null,
): Promise<void> => {
  if (!(await engineVersion(socket, signal))) {
    if (!daemon)
      throw new HoldfastError(
        'setup_failed',
        `No Docker engine answers on ${socket}; start the engine of that socket.`,
      );
    await installEngine(progress, signal);
    await progress.phase('Starting the Docker engine', () => startEngine(socket, daemon, signal));
  }
  if (!(await isInstalled('docker', signal))) await installPackages([await clientPackage(signal)], progress, signal);
  progress.note(`Docker engine ${await engineVersion(socket, signal)} answers on ${socket}`);
};

/** Null when nobody listens on the socket. Errors: `setup_failed` when this user may not use it, or it answers strangely. */
export const engineVersion = async (socket: string, signal: AbortSignal): Promise<string | null> => {
  try {
    const answer = await askEngine(socket, '/version', signal);
    if (answer.status === 200) return (JSON.parse(answer.body) as { Version: string }).Version;
    throw new HoldfastError('setup_failed', `What listens on ${socket} answers with status ${answer.status}.`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    if (code !== 'EACCES') throw error;
    throw new HoldfastError('setup_failed', `You may not use ${socket}; join the group "docker" or run as root.`, {
      cause: error,
    });
  }
};

const installEngine = async (progress: Progress, signal: AbortSignal): Promise<void> => {
  const missing = [
    ...((await isInstalled('dockerd', signal)) ? [] : ['docker.io']),
    ...((await isInstalled('iptables', signal)) ? [] : ['iptables']),
  ];
  if (missing.length > 0) await installPackages(missing, progress, signal);
};

/** Debian 13 split the client off the engine's package. */
const clientPackage = async (signal: AbortSignal): Promise<string> =>
  (await isPackageKnown('docker-cli', signal)) ? 'docker-cli' : 'docker.io';

const startEngine = async (socket: string, daemon: DaemonOptions, signal: AbortSignal): Promise<void> => {
  const isSystemd = daemon === defaultDaemon && existsSync('/run/systemd/system');
  const isAlive = isSystemd ? await startService(signal) : spawnDaemon(daemon);
  const isReady = async (): Promise<boolean> => {
    if (isAlive()) return (await engineVersion(socket, signal)) !== null;
    throw new HoldfastError('setup_failed', `dockerd ended at once:\n${lastLines(daemon.logFile)}`);
  };
  await waitUntil(`the Docker engine answers on ${socket}`, isReady, { withinMs: startsWithinMs }, signal);
};

const startService = async (signal: AbortSignal): Promise<() => boolean> => {
  await run('systemctl', ['start', 'docker'], { signal });
  return () => true;
};

/** Detached, so that the engine and all databases outlive this command. */
const spawnDaemon = ({ args, logFile }: DaemonOptions): (() => boolean) => {
  const log = openSync(logFile, 'a', 0o640);
  const child = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let hasEnded = false;
  child.once('exit', () => (hasEnded = true));
  child.once('error', () => (hasEnded = true));
  child.unref();
  return () => !hasEnded;
};

const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');
