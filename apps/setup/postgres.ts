import { mkdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { outcomeOf, run } from './command.js';
import { ensurePostgresBinaries } from './postgres-binaries.js';
import { makeOwnDirectory, writeSecretFile } from './secret-file.js';
import { newServerRecord, readServerRecord, writeServerRecord, type ServerRecord } from './server-record.js';
import { assertReachableByOthers, ensurePostgresUser, type ServiceUser } from './service-user.js';

const owner = 'holdfast';
const startsWithinSeconds = 60;

export interface PostgresOptions {
  /** Everything of the server lies below it: programs, data, socket, log. */
  readonly directory: string;
  /** Settings of postgresql.conf, taken when the data directory is made. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Makes and starts the embedded Postgres, a daemon that outlives this process and listens on 127.0.0.1 only.
 * Running twice changes nothing. Returns the URL of its database `postgres`, with the password. Errors: `setup_failed`.
 */
export const ensurePostgres = async (options: PostgresOptions, signal: AbortSignal): Promise<string> => {
  const { directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o711 });
  const user = await ensurePostgresUser(signal);
  if (user) assertReachableByOthers(directory);
  const programs = await ensurePostgresBinaries(directory);
  const server = await ensureCluster(programs, options, user, signal);
  if (!(await isRunning(programs, directory, user, signal))) await start(programs, directory, user, signal);
  return `postgres://${owner}:${server.password}@127.0.0.1:${server.port}/postgres`;
};

/** Waits for running transactions to be rolled back, not for clients to leave. A server that does not run is no error. */
export const stopPostgres = async (directory: string, signal: AbortSignal): Promise<void> => {
  if (!existsSync(dataOf(directory))) return;
  const user = await ensurePostgresUser(signal);
  const programs = await ensurePostgresBinaries(directory);
  if (!(await isRunning(programs, directory, user, signal))) return;
  await control(programs, directory, ['stop', '--mode=fast', '--wait'], user, signal);
};

const dataOf = (directory: string): string => join(directory, 'data');
const logOf = (directory: string): string => join(directory, 'server.log');

/** The record is written last: a run that broke off before it starts afresh. */
const ensureCluster = async (
  programs: string,
  options: PostgresOptions,
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<ServerRecord> => {
  const recorded = readServerRecord(options.directory);
  if (recorded) return recorded;
  await rm(dataOf(options.directory), { recursive: true, force: true });
  const record = await newServerRecord();
  await makeCluster(programs, options, record, user, signal);
  writeServerRecord(options.directory, record);
  return record;
};

const makeCluster = async (
  programs: string,
  { directory, settings = {} }: PostgresOptions,
  { port, password }: ServerRecord,
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<void> => {
  for (const name of ['data', 'socket']) makeOwnDirectory(join(directory, name), user);
  const passwordFile = join(directory, 'initial-password');
  writeSecretFile(passwordFile, password, user ?? undefined);
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: join(directory, 'socket'),
    max_connections: '200',
    ...settings,
  };
  try {
    const flags = [
      `--pgdata=${dataOf(directory)}`,
      `--username=${owner}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
    ];
    const locale = ['--encoding=UTF8', '--locale=C.UTF-8'];
    const set = Object.entries(all).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    await run(join(programs, 'initdb'), [...flags, ...locale, ...set], {
      signal,
      user: user ?? undefined,
      directory: '/',
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
};

/** `pg_ctl status` answers 3 when the server does not run. */
const isRunning = async (
  programs: string,
  directory: string,
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<boolean> => {
  const args = ['status', `--pgdata=${dataOf(directory)}`];
  const { exitCode, stderr } = await outcomeOf(join(programs, 'pg_ctl'), args, {
    signal,
    user: user ?? undefined,
    directory: '/',
  });
  if (exitCode === 0 || exitCode === 3) return exitCode === 0;
  throw new HoldfastError('setup_failed', `The state of Postgres in ${directory} cannot be read: ${stderr.trim()}`);
};

const start = async (
  programs: string,
  directory: string,
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<void> => {
  const log = logOf(directory);
  writeLogOnce(log, user);
  try {
    await control(
      programs,
      directory,
      ['start', '--wait', `--timeout=${startsWithinSeconds}`, `--log=${log}`],
      user,
      signal,
    );
  } catch (cause) {
    const lines = (await readFile(log, 'utf8')).trim().split('\n').slice(-5).join('\n');
    throw new HoldfastError('setup_failed', `Postgres did not start; ${log} ends with:\n${lines}`, { cause });
  }
};

/** The directory belongs to root, so the server could not make its log there. */
const writeLogOnce = (log: string, user: ServiceUser | null): void => {
  if (!existsSync(log)) writeSecretFile(log, '', user ?? undefined);
};

const control = async (
  programs: string,
  directory: string,
  args: readonly string[],
  user: ServiceUser | null,
  signal: AbortSignal,
): Promise<void> => {
  const all = [...args, '--silent', `--pgdata=${dataOf(directory)}`];
  await run(join(programs, 'pg_ctl'), all, { signal, user: user ?? undefined, directory: '/' });
};
