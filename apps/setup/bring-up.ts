import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import type { Configuration } from '#configuration/configuration.js';
import { loadConfiguration } from '#configuration/configuration.js';
import { loadCatalogue } from '#configuration/catalogue.js';
import { currentUser, processEnvironment } from '#configuration/environment.js';
import { defaultEntry } from '#domain/catalogue/lifecycle.js';
import { counted } from '#domain/text/counted.js';
import { ApiClient } from './api-client.js';
import { apiUrl } from './api-url.js';
import { bootstrap } from './bootstrap.js';
import { ensureCatalogueOverride } from './catalogue-override.js';
import { isInstalled } from './command.js';
import { startStoppedContainers } from './containers.js';
import { DockerCli } from './docker-cli.js';
import { ensureDockerEngine } from './docker-engine.js';
import { ensureEmbeddedDatabase } from './embedded-database.js';
import { ensureHello } from './hello.js';
import { installPackages } from './host-packages.js';
import { ensureImages, ensurePulled, imageNames } from './images.js';
import {
  ensureHome,
  installationConfiguration,
  installationEnvironment,
  readSettings,
  recordSettings,
  settingsOfPurge,
} from './installation.js';
import { ensureMasterKey } from './master-key.js';
import { loginFile, writeLogin } from './owner-login.js';
import type { Progress } from './progress.js';
import { ensureQueueRedis } from './queue-redis.js';
import { reach } from './reach.js';
import { readIfPresent } from './secret-file.js';
import { standaloneOf, type ensureStandalone } from './standalone-process.js';
import { credentialToKeep, renderSummary, type IssuedCredential } from './summary.js';
import { ensureUnit } from './systemd-unit.js';

const serverImages = [imageNames.redis80, imageNames.edge];
const databaseImages = [imageNames.redis70, imageNames.redis80];

/** All that `up` and `restart` do; they differ in what becomes of a process of Holdfast that runs. Running twice changes nothing else. */
export const bringUp = async (
  startProcess: typeof ensureStandalone,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const given = loadConfiguration(processEnvironment());
  const docker = new DockerCli(given.dockerSocket);
  ensureHome(given.home, given.masterKeyFile);
  await ensureDockerEngine(given.dockerSocket, progress, signal);
  await ensureRedisCli(progress, signal);
  await ensureZstd(progress, signal);
  const made = await ensureServices(docker, given, progress, signal);
  recordSettings(given.home, { ...made, ...settingsOfPurge(given) });

  const settings = readSettings(given.home);
  const configuration = installationConfiguration(processEnvironment(), settings);
  if (configuration.masterKey === null) ensureMasterKey(configuration.masterKeyFile);
  const token = await progress.phase('Preparing the installation', () => bootstrap(configuration, progress));
  const started = await startStoppedContainers(docker, configuration.installation, signal);
  if (started > 0)
    progress.note(`${counted(started, 'container')} that "down" had stopped ${started === 1 ? 'runs' : 'run'} again`);

  const url = apiUrl(configuration);
  const environment = installationEnvironment(processEnvironment(), settings);
  await progress.phase('Starting Holdfast', () =>
    startProcess(standaloneOf(configuration.home), url, environment, progress, signal),
  );
  await ensureUnit(configuration, processEnvironment(), signal);
  writeLogin(ownLoginFile(), { url, token });
  process.stdout.write(await introduce(new ApiClient(url, token), configuration, progress, signal));
};

const ownLoginFile = (): string => loginFile(currentUser(processEnvironment()).homeDirectory);

/** For the line that is printed at the end; the package holds clients only, no service. */
const ensureRedisCli = async (progress: Progress, signal: AbortSignal): Promise<void> => {
  if (await isInstalled('redis-cli', signal)) return;
  if (process.getuid?.() === 0) await installPackages(['redis-tools'], progress, signal);
  else progress.note('redis-cli is missing; install the package redis-tools to use the line below');
};

/** Backups fall back to gzip without it, which is slower. A Node.js that has zstd itself needs no program. */
const ensureZstd = async (progress: Progress, signal: AbortSignal): Promise<void> => {
  if ('createZstdCompress' in zlib || (await isInstalled('zstd', signal))) return;
  if (process.getuid?.() === 0) await installPackages(['zstd'], progress, signal);
  else progress.note('zstd is missing; install the package zstd for faster backups');
};

/** What Holdfast stands on, unless the operator brings it: images, Postgres and the queue's Redis. */
const ensureServices = async (
  docker: DockerCli,
  given: Configuration,
  progress: Progress,
  signal: AbortSignal,
): Promise<Record<string, string>> => {
  // One after the other: building images takes all there is of a small machine.
  const settings = await progress.phase('Images', () => ensureAllImages(docker, given, progress, signal));
  if (given.databaseUrl === null)
    settings['HOLDFAST_DATABASE_URL'] = await progress.phase('Postgres', () =>
      ensureEmbeddedDatabase(given.home, signal),
    );
  if (given.queueUrl === null) {
    const { installation } = given;
    const options = { installation, directory: join(given.home, 'queue'), image: imageNames.redis80 };
    settings['HOLDFAST_QUEUE_URL'] = await progress.phase("The queue's Redis", () =>
      ensureQueueRedis(docker, options, signal),
    );
  }
  return settings;
};

/** Those of the servers, and what the first database will run on, so that its provisioning does not wait for a download. */
const ensureAllImages = async (
  docker: DockerCli,
  { home, imageSource, catalogueFile }: Configuration,
  progress: Progress,
  signal: AbortSignal,
): Promise<Record<string, string>> => {
  const source = await ensureImages(docker, serverImages, imageSource, progress, signal);
  const settings = { HOLDFAST_EDGE_IMAGE: imageNames.edge };
  if (source === 'registry' || catalogueFile !== null) {
    await ensurePulled(docker, defaultEntry(loadCatalogue(catalogueFile), new Date()).image, progress, signal);
    return settings;
  }
  await ensureImages(docker, databaseImages, source, progress, signal);
  const HOLDFAST_CATALOGUE_FILE = await ensureCatalogueOverride(docker, home, databaseImages, progress, signal);
  return { ...settings, HOLDFAST_CATALOGUE_FILE };
};

/** The first database, and all that a person needs to talk to it. */
const introduce = async (
  api: ApiClient,
  { home }: Configuration,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> => {
  const database = await progress.phase('The first database', () => ensureHello(api, home, signal));
  const authorityFile = join(home, 'ca.pem');
  const authority = await api.text('/v1/ca.pem', signal);
  if (readIfPresent(authorityFile) !== authority) writeFileSync(authorityFile, authority, { mode: 0o644 });
  const credential = database === null ? null : await credentialOf(api, database.id, signal);
  if (credential !== null) await reach(credential.url, authority, signal);
  return renderSummary({ url: api.url, authorityFile, loginFile: ownLoginFile(), database, credential });
};

const credentialOf = async (api: ApiClient, id: string, signal: AbortSignal): Promise<IssuedCredential | null> => {
  const { items } = await api.get<{ items: IssuedCredential[] }>(`/v1/databases/${id}/credentials`, signal);
  return credentialToKeep(items);
};
