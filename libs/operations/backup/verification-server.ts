import { memoryLimitBytes, cpuShares } from '#domain/database/size.js';
import { labels, serverPaths, serverUser } from '#domain/server/names.js';
import { verificationPort } from '#domain/server/verification-configuration.js';
import type { ContainerSpec, Owner, VolumeSpec } from '#engine/ports/container-engine.js';
import type { InsideTarget } from '#engine/ports/redis-node.js';
import type { BackupRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';

/** The throw-away server of a verification: no network, no users, nothing of it outlives the operation. */
export interface VerificationServer {
  readonly name: string;
  readonly owner: Owner;
}

export const verificationServer = ({ control, operation }: AttemptContext): VerificationServer => ({
  name: `${control.installation}-verify-${operation.id}`,
  owner: { installation: control.installation, subject: operation.id },
});

export const verificationVolume = ({ name, owner }: VerificationServer, backup: BackupRow): VolumeSpec => ({
  name,
  owner,
  labels: { [labels.database]: backup.database_id },
});

const pidsLimit = 64;

export const verificationSpec = ({ name, owner }: VerificationServer, backup: BackupRow): ContainerSpec => ({
  name,
  owner,
  image: backup.image,
  command: ['redis-server', serverPaths.configuration],
  user: `${serverUser.uid}:${serverUser.gid}`,
  labels: { [labels.database]: backup.database_id, [labels.operation]: owner.subject },
  network: { kind: 'none' },
  volume: { name, mountPath: serverPaths.root },
  binds: [],
  temporaryDirectories: ['/tmp'],
  addCapabilities: [],
  memoryBytes: memoryLimitBytes(backup.memory_mb),
  cpuShares: cpuShares(backup.memory_mb),
  pidsLimit,
  openFilesLimit: null,
  healthCheck: null,
  // One that cannot load its data must show that, not try again for ever.
  restartPolicy: 'no',
  stopGraceSeconds: 1,
});

/** A digest of all values is one command, however much data there are. */
const slowestCommandMs = 30 * 60_000;

export const insideTarget = ({ engines }: AttemptContext, { name }: VerificationServer): InsideTarget => ({
  name,
  port: verificationPort,
  run: (command, signal) => engines.containers.runInside(name, command, signal),
  commandMs: slowestCommandMs,
});
