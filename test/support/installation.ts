import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '#configuration/configuration.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import type { Control } from '#operations/control.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { openCheckpoints, openControl } from '#operations/installation/open-control.js';
import type { CheckpointFile } from '#operations/history/checkpoints.js';
import { Queues } from '#queue/queues.js';
import { queuePrefix } from '#queue/prefix.js';
import { AppProcess, type AppName } from './app-process.js';
import { freePort, freePortRange } from './free-ports.js';
import { haproxyImage, redisImage } from './images.js';
import { uniqueName } from './names.js';
import { createTestDatabase } from './postgres.js';
import { queueUrl } from './queue.js';
import { removeOwned } from './remove-owned.js';

export interface Installation {
  readonly name: string;
  readonly home: string;
  /** What its processes are started with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly url: string;
  readonly token: string;
  /** Of the test itself, beside the processes: to look at rows and to verify the history. */
  readonly control: Control;
  readonly checkpoints: CheckpointFile;
  readonly queues: Queues;
  readonly engine: DockerEngine;
  start(app: AppName, more?: Readonly<Record<string, string>>): Promise<AppProcess>;
  close(): Promise<void>;
}

const portCount = 200;

const ignore = { warn: () => undefined, error: () => undefined };

/** Versions with no dates, so that tests may provision all of them. */
const catalogue = {
  versions: [
    { version: '6.0', image: redisImage('6.0'), tlsProtocols: ['TLSv1.2'] },
    { version: '7.0', image: redisImage('7.0'), tlsProtocols: ['TLSv1.2'] },
    { version: '8.0', image: redisImage('8.0'), tlsProtocols: ['TLSv1.2', 'TLSv1.3'], default: true },
  ],
};

/**
 * A whole installation for one test file: its own rows, queue, edge, networks and names, so that several share one host.
 * Its processes are the built ones (`dist`), started by `start`; `close` ends them and removes everything.
 */
export const createInstallation = async (more: Readonly<Record<string, string>> = {}): Promise<Installation> => {
  const name = uniqueName('t');
  const home = await mkdtemp(join(tmpdir(), 'holdfast-e2e-'));
  const database = await createTestDatabase();
  const port = await freePort();
  const ports = await freePortRange(portCount);
  await writeFile(join(home, 'master.key'), `1:${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  await writeFile(join(home, 'catalogue.json'), JSON.stringify(catalogue));
  const environment = {
    HOLDFAST_HOME: home,
    HOLDFAST_INSTALLATION: name,
    HOLDFAST_PORT: String(port),
    HOLDFAST_DATABASE_URL: database.url,
    HOLDFAST_QUEUE_URL: queueUrl(),
    HOLDFAST_CATALOGUE_FILE: join(home, 'catalogue.json'),
    HOLDFAST_EDGE_IMAGE: haproxyImage(),
    HOLDFAST_EDGE_PORTS: `${ports.first}-${ports.last}`,
    // As much its own as its ports are.
    HOLDFAST_NETWORK_POOL: `10.${String(128 + (Math.floor(ports.first / portCount) % 100))}.0.0/20`,
    HOLDFAST_LEASE_SECONDS: '2',
    HOLDFAST_MEMORY_OVERCOMMIT: '100',
    // Tests that stop and remove things by hand want to see what comes of it; those of the sweep switch it on.
    HOLDFAST_DRIFT_SWEEP_SECONDS: '0',
    HOLDFAST_BACKUP_SCHEDULE_SWEEP_SECONDS: '0',
    HOLDFAST_RETENTION_SWEEP_SECONDS: '0',
    HOLDFAST_VERIFICATION_SWEEP_SECONDS: '0',
    HOLDFAST_DEPRECATION_SWEEP_SECONDS: '0',
    ...more,
  };
  const configuration = loadConfiguration(environment);
  const owner = openControl(configuration, 'owner', ignore);
  const { ownerToken } = await bootstrapInstallation(owner, new X509CertificateAuthority());
  await owner.db.destroy();
  const control = openControl(configuration, 'app', ignore);
  const queues = new Queues(queueUrl(), queuePrefix(name), () => undefined);
  const engine = new DockerEngine({ socketPath: configuration.dockerSocket });
  const processes: AppProcess[] = [];
  return {
    ...{ name, home, environment, control, queues, engine },
    url: `http://127.0.0.1:${port}`,
    token: ownerToken ?? '',
    checkpoints: openCheckpoints(configuration, control),
    start: async (app, extra = {}) => {
      const started = await AppProcess.start(app, { ...environment, ...extra });
      processes.push(started);
      return started;
    },
    close: async () => {
      await Promise.all(processes.map((process) => process.end()));
      await removeOwned(engine, name);
      await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
      await queues.close();
      await control.db.destroy();
      await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
};
