import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration, type Configuration } from '#configuration/configuration.js';
import { currentUser, processEnvironment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { counted } from '#domain/text/counted.js';
import { apiUrl } from './api-url.js';
import { removeEverythingOwned, stopContainers } from './containers.js';
import { DockerCli } from './docker-cli.js';
import { engineVersion } from './docker-engine.js';
import { installationConfiguration, isInstallationHome, readSettings } from './installation.js';
import { keptFor } from './kept-key.js';
import { leftBackups } from './left-backups.js';
import { runCommand } from './main-program.js';
import { memoryOnlyDatabases } from './memory-only.js';
import { loginFile, removeLogin } from './owner-login.js';
import { stopPostgres } from './postgres.js';
import type { Progress } from './progress.js';
import { standaloneOf, stopStandalone } from './standalone-process.js';
import { backupsIn, hasKeptNote, placeInHome, removeHome, type Kept } from './purge.js';
import { removeUnit } from './systemd-unit.js';

const usage = {
  command: 'npm run down',
  does: `Stops Holdfast, Postgres, the queue and all databases. Memory-only databases are empty afterwards; all other data stay.
To have Holdfast read its configuration and keys anew, use \`npm run restart\`, which leaves the databases alone.`,
  options: {
    purge: 'remove the installation: containers, data and the backups in the home',
    'keep-backups': 'with --purge: leave the backups in the home, and the master key',
    'with-master-key': 'with --purge: remove the master key even if backups elsewhere need it',
  },
} as const;

type Option = keyof typeof usage.options;

/**
 * Stops everything and keeps all data but what lies in memory only; `--purge` removes the data, the backups in the home and the containers, but not the images. The master
 * key goes with them unless backups elsewhere need it. `--keep-backups` leaves the backups in the home and the key, `--with-master-key` no key.
 */
const down = async (progress: Progress, signal: AbortSignal, chosen: ReadonlySet<Option>): Promise<void> => {
  const purge = chosen.has('purge');
  if (chosen.has('keep-backups') && chosen.has('with-master-key')) {
    throw new HoldfastError('setup_failed', 'Without the master key nobody can open the backups that are to be kept.');
  }
  const configuration = loadConfiguration(processEnvironment());
  const { home } = configuration;
  const backups = backupsIn(home);
  await removeUnit(configuration, signal);
  const ask = async (): Promise<Kept> =>
    purge && !chosen.has('with-master-key') ? whatToKeep(chosen.has('keep-backups'), progress, signal) : nothing;
  const emptied = purge ? null : await memoryOnlyDatabases(home);
  const kept = await stopProcesses(home, ask, progress, signal);
  await stopOrRemoveContainers(configuration, purge, progress, signal);
  if (purge) purgeFiles(configuration, kept);
  for (const line of purge ? goneNotes(home, backups, kept) : [stoppedNote(emptied)]) progress.note(line);
};

const nothing: Kept = { backups: false, keyFile: null, reason: null };

const stoppedNote = (emptied: number | null): string => {
  const stopped = 'Holdfast is stopped; `npm run up` starts it again with all data';
  if (emptied === 0) return stopped;
  return `${stopped} but that of ${emptied === null ? 'memory-only databases' : counted(emptied, 'memory-only database')}`;
};

const goneNotes = (home: string, backups: number, { backups: stay, keyFile, reason }: Kept): string[] => {
  const left = [...(stay ? [counted(backups, 'backup')] : []), ...(keyFile === null ? [] : ['the master key'])];
  const gone =
    backups === 0 || stay ? 'Holdfast and all its data' : `Holdfast, all its data and ${counted(backups, 'backup')}`;
  const but = left.length === 0 ? '' : `, but for ${left.join(' and ')} in ${home}`;
  if (reason === null) return [`${gone} are gone${but}`];
  const key = keyFile === null ? 'Keep the master key, which is not in the home' : `${keyFile} is kept`;
  return [
    `${gone} are gone${but}`,
    `${key}: without it nobody can open ${reason}`,
    '`npm run up` goes on with the key, and `npx holdfast backup:discover` finds the backups',
  ];
};

const whatToKeep = async (backups: boolean, progress: Progress, signal: AbortSignal): Promise<Kept> => {
  const environment = processEnvironment();
  const { home, databaseUrl } = loadConfiguration(environment);
  const { backupStoresFile, masterKey, masterKeyFile } = installationConfiguration(environment, readSettings(home));
  const left = await progress.phase('Looking for backups elsewhere', () =>
    leftBackups({ home, databaseUrl, backupStoresFile }, progress, signal),
  );
  const reason = keptFor({ left, storesFile: backupStoresFile, keptBefore: hasKeptNote(home) });
  const isThere = masterKey === null && existsSync(masterKeyFile);
  const keyFile = isThere && (backups || reason !== null) ? placeInHome(home, masterKeyFile) : null;
  return { backups, keyFile, reason };
};

/** Holdfast before its servers, so that it hands its operations back. */
const stopProcesses = async (
  home: string,
  askBetween: () => Promise<Kept>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Kept> => {
  if (!isInstallationHome(home)) {
    progress.note(`${home} holds no installation`);
    return nothing;
  }
  await progress.phase('Stopping Holdfast', () => stopStandalone(standaloneOf(home), progress, signal));
  const kept = await askBetween();
  await progress.phase('Stopping Postgres', () => stopPostgres(join(home, 'postgres'), signal));
  return kept;
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

const purgeFiles = (configuration: Configuration, kept: Kept): void => {
  removeLogin(loginFile(currentUser(processEnvironment()).homeDirectory), apiUrl(configuration));
  removeHome(configuration.home, kept, new Date());
};

await runCommand(usage, down);
