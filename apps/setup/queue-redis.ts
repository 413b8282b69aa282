import { join } from 'node:path';
import { Redis } from 'ioredis';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { labels, serverUser } from '#domain/server/names.js';
import type { DockerCli } from './docker-cli.js';
import { makeOwnDirectory, readIfPresent, writeSecretFile } from './secret-file.js';
import { newServerRecord, readServerRecord, writeServerRecord, type ServerRecord } from './server-record.js';
import { waitUntil } from './wait-until.js';

export interface QueueRedisOptions {
  readonly installation: string;
  readonly directory: string;
  readonly image: string;
}

const readyWithinMs = 30_000;

const queueContainer = (installation: string): string => `${installation}-queue`;

/**
 * Makes and starts the Redis of the queue and returns its URL, with the password. It listens on 127.0.0.1 of the host,
 * and its password is in a file that only its user reads. Running twice changes nothing. Errors: `setup_failed`.
 */
export const ensureQueueRedis = async (
  docker: DockerCli,
  options: QueueRedisOptions,
  signal: AbortSignal,
): Promise<string> => {
  const user = containerUser();
  const record = await ensureFiles(options.directory, user);
  await ensureContainer(docker, options, user, signal);
  const url = `redis://:${record.password}@127.0.0.1:${record.port}`;
  await waitUntil(
    'the Redis of the queue answers',
    () => answers(url),
    { withinMs: readyWithinMs, everyMs: 50 },
    signal,
  );
  return url;
};

/** Root gives the files to the user of all Redis containers; anybody else can only give them to themselves. */
const containerUser = (): { uid: number; gid: number } => {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return uid === 0 ? serverUser : { uid, gid };
};

const ensureFiles = async (directory: string, user: { uid: number; gid: number }): Promise<ServerRecord> => {
  for (const name of ['conf', 'data']) makeOwnDirectory(join(directory, name), user);
  const record = readServerRecord(directory) ?? (await newServerRecord());
  writeServerRecord(directory, record);
  const file = join(directory, 'conf', 'redis.conf');
  const content = queueConfiguration({ ...record, address: '127.0.0.1' });
  if (readIfPresent(file) !== content) writeSecretFile(file, content, user);
  return record;
};

/** `noeviction` because a queue that forgets jobs under pressure looks like one that works. */
export const queueConfiguration = ({ address, port, password }: ServerRecord & { address: string }): string =>
  [
    `bind ${address}`,
    `port ${port}`,
    `requirepass ${password}`,
    'dir /data',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory 512mb',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');

const ensureContainer = async (
  docker: DockerCli,
  options: QueueRedisOptions,
  user: { uid: number; gid: number },
  signal: AbortSignal,
): Promise<void> => {
  const name = queueContainer(options.installation);
  const format = `{{.State.Running}} {{index .Config.Labels "${labels.installation}"}}`;
  const present = await docker.lines(['ps', '--all', '--quiet', '--filter', `name=^/${name}$`], signal);
  if (present.length === 0) {
    await docker.run(runArguments(name, options, user), signal);
    return;
  }
  const [running, installation] = (await docker.run(['container', 'inspect', '--format', format, name], signal))
    .trim()
    .split(' ');
  if (installation !== options.installation) {
    throw new HoldfastError(
      'setup_failed',
      `A container of another owner is called ${name}; remove it or choose another HOLDFAST_INSTALLATION.`,
    );
  }
  if (running !== 'true') await docker.run(['start', name], signal);
};

const runArguments = (name: string, options: QueueRedisOptions, user: { uid: number; gid: number }): string[] => [
  ...['run', '--detach', '--name', name, '--network', 'host', '--restart', 'unless-stopped'],
  ...['--user', `${user.uid}:${user.gid}`, '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ...['--pids-limit', '64', '--memory', '768m', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=3'],
  ...['--label', `${labels.installation}=${options.installation}`, '--label', `${labels.subject}=queue`],
  ...['--volume', `${join(options.directory, 'conf')}:/conf:ro`],
  ...['--volume', `${join(options.directory, 'data')}:/data`],
  ...['--entrypoint', 'redis-server', options.image, '/conf/redis.conf'],
];

/** Only "not yet" counts as no: a wrong password would never come right. */
const answers = async (url: string): Promise<boolean> => {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: 1000,
  });
  let lastError: unknown;
  client.on('error', (error) => (lastError = error));
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch (error) {
    const code = (lastError as NodeJS.ErrnoException | undefined)?.code ?? (error as NodeJS.ErrnoException).code;
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'ETIMEDOUT') return false;
    throw error;
  } finally {
    client.disconnect();
  }
};
