import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { FakeBackupStreams } from '#engine/fake/fake-backup-streams.js';
import { FakeContainerEngine } from '#engine/fake/fake-container-engine.js';
import { FakeEdge } from '#engine/fake/fake-edge.js';
import { FakeObjectStore } from '#engine/fake/fake-object-store.js';
import { FakeRedisConnector } from '#engine/fake/fake-redis-connector.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import type { RedisConnector, RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Control } from '#operations/control.js';
import { CheckpointFile } from '#operations/history/checkpoints.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { OperationRunner } from '#operations/run/operation-runner.js';
import type { RunnerOptions } from '#operations/run/runner-options.js';
import { openTestControl } from './control.js';
import type { Looked } from './soundness.js';
import { uniqueName } from './names.js';

const edgeAddress = '192.0.2.1';

/** Clients that dial the edge come out behind its doors, as with HAProxy; all others go straight to the server. */
class FakeClients implements RedisConnector {
  readonly direct: FakeRedisConnector;

  constructor(
    host: FakeContainerEngine,
    private readonly edge: FakeEdge,
  ) {
    this.direct = new FakeRedisConnector(host);
  }

  async connect(target: RedisTarget, signal: AbortSignal): Promise<RedisNode> {
    if (target.host !== edgeAddress) return this.direct.connect(target, signal);
    const door = (await this.edge.listDoors(signal)).find(({ port }) => port === target.port);
    if (!door) throw new HoldfastError('server_not_ready', `port ${target.port} of the edge leads nowhere`);
    return this.direct.connect({ ...target, host: door.address, port: door.targetPort }, signal);
  }

  presentedCertificate(...asked: Parameters<RedisConnector['presentedCertificate']>) {
    return this.direct.presentedCertificate(...asked);
  }
}

export interface FakeInstallation {
  readonly control: Control;
  readonly databaseUrl: string;
  readonly host: FakeContainerEngine;
  readonly edge: FakeEdge;
  readonly clients: FakeRedisConnector;
  readonly checkpoints: CheckpointFile;
  /** Where its backups lie, whatever store is named, unless stores are given. */
  readonly store: FakeObjectStore;
  /** Errors outside the catalogue that runners met. */
  readonly unexpected: unknown[];
  /** A worker's runner, of this process; several may stand side by side. */
  runner(options?: Partial<RunnerOptions>): OperationRunner;
  close(): Promise<void>;
}

/** An installation on real Postgres whose Docker host, edge and Redis servers are fakes, and its stores but for those that are `given`: milliseconds instead of seconds. */
export const createFakeInstallation = async (
  overrides: Partial<Control> = {},
  given?: ObjectStores,
): Promise<FakeInstallation> => {
  const opened = await openTestControl({ installation: uniqueName('f'), ...overrides });
  const { control, databaseUrl } = opened;
  const certificates = new X509CertificateAuthority();
  await bootstrapInstallation(control, certificates);
  const host = new FakeContainerEngine({
    images: ['holdfast/redis:8.0', 'holdfast/redis:7.0'],
    info: { version: 'fake', memoryBytes: 64 * 1024 ** 3, cpus: 2 },
  });
  const edge = new FakeEdge();
  await edge.ensureRunning(new AbortController().signal);
  const redis = new FakeClients(host, edge);
  const unexpected: unknown[] = [];
  const store = new FakeObjectStore();
  const stores = given ?? { names: control.backupStores, open: () => store };
  const streams = new FakeBackupStreams(redis);
  const foreign = { fetch: () => Promise.reject(new Error('nothing is imported here')) };
  const checkpointFile = join(tmpdir(), `holdfast-checkpoints-${randomUUID()}`);
  return {
    ...{ control, databaseUrl, host, edge, clients: redis.direct, unexpected, store },
    checkpoints: new CheckpointFile(checkpointFile, control.secrets),
    runner: (options = {}) =>
      new OperationRunner({
        control,
        engines: { containers: host, redis, edge, certificates, stores, streams, foreign },
        worker: uniqueName('worker'),
        leaseMs: 30_000,
        memoryOvercommit: 100,
        edgeAddress,
        onUnexpected: (error) => unexpected.push(error),
        ...options,
      }),
    close: async () => {
      await opened.close();
      await rm(checkpointFile, { force: true });
    },
  };
};

/** For `complaints`. */
export const looked = ({ control, checkpoints, host, edge, store }: FakeInstallation): Looked => ({
  ...{ control, checkpoints },
  stores: { names: ['default'], open: () => store },
  engine: host,
  listDoors: (signal) => edge.listDoors(signal),
});
