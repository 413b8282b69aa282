import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfiguration, type Configuration } from '#configuration/configuration.js';
import { currentUser, processEnvironment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { apiUrl } from './api-url.js';
import { removeEverythingOwned, stopContainers } from './containers.js';
import { DockerCli } from './docker-cli.js';
import { engineVersion } from './docker-engine.js';
import { isInstallationHome } from './installation.js';
import { runProgram } from './main-program.js';
import { loginFile, removeLogin } from './owner-login.js';
import { stopPostgres } from './postgres.js';
import type { Progress } from './progress.js';
import { standaloneOf, stopStandalone } from './standalone-process.js';
import { backupsIn, removeHome } from './purge.js';
import { removeUnit } from './systemd-unit.js';

const options = {
  purge: { type: 'boolean', default: false },
  'keep-backups': { type: 'boolean', default: false },
} as const;

/**
 * Stops everything and keeps all data; `--purge` removes the data, the keys, the backups in the home and the containers, but not the images.
 * `--keep-backups` leaves the backups and the key that opens them.
 */
const down = async (progress: Progress, signal: AbortSignal): Promise<void> => {
  const { values } = parseArgs({ options });
  const configuration = loadConfiguration(processEnvironment());
  const keepBackups = values['keep-backups'];
  const backups = backupsIn(configuration.home);
  await removeUnit(configuration, signal);
  if (isInstallationHome(configuration.home)) await stopProcesses(configuration, progress, signal);
  else progress.note(`${configuration.home} holds no installation`);
  await stopOrRemoveContainers(configuration, values.purge, progress, signal);
  if (values.purge) purgeFiles(configuration, keepBackups);
  progress.note(values.purge ? goneNote(configuration, backups, keepBackups) : stoppedNote);
};

const stoppedNote = 'Holdfast is stopped; `npm run up` starts it again with all data';

const goneNote = ({ home }: Configuration, backups: number, keepBackups: boolean): string => {
  if (keepBackups) return `Holdfast and its data are gone, but for ${backups} backups and the master key in ${home}`;
  return backups === 0
    ? 'Holdfast and all its data are gone'
    : `Holdfast, all its data and ${backups} backups are gone`;
};

/** Holdfast before its servers, so that it hands its operations back. */
const stopProcesses = async ({ home }: Configuration, progress: Progress, signal: AbortSignal): Promise<void> => {
  await progress.phase('Stopping Holdfast', () => stopStandalone(standaloneOf(home), progress, signal));
  await progress.phase('Stopping Postgres', () => stopPostgres(join(home, 'postgres'), signal));
};

const stopOrRemoveContainers = async (
  { installation, dockerSocket }: Configuration,
  purge: boolean,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const docker = new DockerCli(dockerSocket);
  if ((await engineVersion(dockerSocket, signal)) !== null) {
    const work = async () =>
      purge
        ? removeEverythingOwned(docker, installation, signal)
        : `${await stopContainers(docker, installation, signal)} stopped`;
    progress.note(`Containers: ${await progress.phase(purge ? 'Removing containers' : 'Stopping containers', work)}`);
  } else if (purge) {
    throw new HoldfastError(
      'setup_failed',
      'The Docker engine does not answer, so its containers and volumes cannot be removed.',
    );
  } else {
    progress.note('The Docker engine does not answer, so no container runs');
  }
};

const purgeFiles = (configuration: Configuration, keepBackups: boolean): void => {
  removeLogin(loginFile(currentUser(processEnvironment()).homeDirectory), apiUrl(configuration));
  removeHome(configuration.home, keepBackups);
};

await runProgram(down);
