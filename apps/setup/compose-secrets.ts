import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment, type Environment } from '#configuration/environment.js';
import { serverUser } from '#domain/server/names.js';
import { ensureHome, recordSettings, settingsOfPurge } from './installation.js';
import { runProgram } from './main-program.js';
import { ensureMasterKey } from './master-key.js';
import { queueConfiguration } from './queue-redis.js';
import { makeOwnDirectory, newSecret, readIfPresent, writeSecretFile } from './secret-file.js';

/** The users of the containers in docker-compose.yml; that of Postgres is the one of the official image. The edge has another. */
const appUser = { uid: 10997, gid: 10997 } as const;
const postgresUser = { uid: 999, gid: 999 } as const;

/** The first service of docker-compose.yml: makes the passwords and keys once, each readable by the one user that needs it. */
const makeSecrets = async (): Promise<void> => {
  const { POSTGRES_PORT, QUEUE_PORT, ...environment }: Environment = processEnvironment();
  const configuration = loadConfiguration(withoutUrls(environment));
  const { home } = configuration;
  ensureHome(home);
  recordSettings(home, settingsOfPurge(configuration));
  chownSync(home, appUser.uid, appUser.gid);
  const secrets = join(home, 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o711 });
  makeOwnDirectory(join(home, 'queue'), serverUser);
  makePostgresSecrets(secrets, POSTGRES_PORT ?? '7601');
  makeQueueSecrets(secrets, QUEUE_PORT ?? '7602');
  ensureMasterKey(join(home, 'master.key'), appUser);
};

/** The files with the URLs are what this program makes. */
const withoutUrls = (environment: Environment): Environment => ({
  ...environment,
  HOLDFAST_DATABASE_URL_FILE: undefined,
  HOLDFAST_QUEUE_URL_FILE: undefined,
});

const makePostgresSecrets = (secrets: string, port: string): void => {
  const directory = join(secrets, 'postgres');
  makeOwnDirectory(directory, postgresUser);
  const file = join(directory, 'postgres-password');
  const password = readIfPresent(file) ?? newSecret();
  writeSecretFile(file, password, postgresUser);
  writeSecretFile(join(secrets, 'database-url'), `postgres://holdfast:${password}@127.0.0.1:${port}/holdfast`, appUser);
};

const makeQueueSecrets = (secrets: string, port: string): void => {
  const directory = join(secrets, 'queue');
  makeOwnDirectory(directory, serverUser);
  const file = join(secrets, 'queue-password');
  const password = readIfPresent(file) ?? newSecret();
  writeSecretFile(file, password);
  // The container has a network of its own, so it listens on all of it; only 127.0.0.1 of the host leads there.
  writeSecretFile(
    join(directory, 'redis.conf'),
    queueConfiguration({ address: '*', port: 6379, password }),
    serverUser,
  );
  writeSecretFile(join(secrets, 'queue-url'), `redis://:${password}@127.0.0.1:${port}`, appUser);
};

await runProgram(makeSecrets);
