import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { isInstalled } from './command.js';
import { removeEverythingOwned } from './containers.js';
import { DockerCli } from './docker-cli.js';
import { ensureDockerEngine } from './docker-engine.js';
import { installPackages, isPackageInstalled } from './host-packages.js';
import { ensureImages, imageNames } from './images.js';
import { ensurePostgres, stopPostgres } from './postgres.js';
import type { Progress } from './progress.js';
import { ensureQueueRedis } from './queue-redis.js';

export interface TestServices {
  /** What the tests are told: where the servers are. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Nothing outlives the tests, so nothing has to survive a power cut. */
const fastAndForgetful = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' };

/** What the tests look at the product with, each with the package that has it. */
const clients = [
  ['redis-cli', 'redis-tools'],
  ['openssl', 'openssl'],
  // The engine asks it for the processes of a container.
  ['ps', 'procps'],
  ['zstd', 'zstd'],
] as const;

/** An application in another language than ours needs its own library; calendars are read by one that is not ours. */
const libraries = ['python3-redis', 'python3-icalendar'] as const;

const stopsWithinMs = 60_000;

/** Makes ready what the tests need: engine, images, a throw-away Postgres and a throw-away Redis for the queue. */
export const startTestServices = async (progress: Progress, signal: AbortSignal): Promise<TestServices> => {
  const { dockerSocket, imageSource } = loadConfiguration(processEnvironment());
  const docker = new DockerCli(dockerSocket);
  await ensureDockerEngine(dockerSocket, progress, signal);
  await ensureClients(progress, signal);
  const images = [imageNames.redis60, imageNames.redis70, imageNames.redis80, imageNames.edge];
  await progress.phase('Images', () => ensureImages(docker, images, imageSource, progress, signal));

  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  await chmod(directory, 0o711);
  const installation = `test-${process.pid}`;
  const stop = async (): Promise<void> => {
    const deadline = AbortSignal.timeout(stopsWithinMs);
    await removeEverythingOwned(docker, installation, deadline);
    await stopPostgres(join(directory, 'postgres'), deadline);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const postgres = { directory: join(directory, 'postgres'), settings: fastAndForgetful };
    const queue = { installation, directory: join(directory, 'queue'), image: imageNames.redis80 };
    const environment = {
      HOLDFAST_TEST_DATABASE_URL: await progress.phase('Postgres', () => ensurePostgres(postgres, signal)),
      HOLDFAST_TEST_QUEUE_URL: await progress.phase("The queue's Redis", () => ensureQueueRedis(docker, queue, signal)),
    };
    return { environment, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const ensureClients = async (progress: Progress, signal: AbortSignal): Promise<void> => {
  const missing: string[] = [];
  for (const [program, name] of clients) if (!(await isInstalled(program, signal))) missing.push(name);
  for (const name of libraries) if (!(await isPackageInstalled(name, signal))) missing.push(name);
  if (missing.length > 0) await installPackages(missing, progress, signal);
};
