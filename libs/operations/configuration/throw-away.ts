import { cpuShares, memoryBoundsMb, memoryLimitBytes } from '#domain/database/size.js';
import { labels, serverPaths, serverPorts, serverUser } from '#domain/server/names.js';
import type { ContainerSpec, Owner } from '#engine/ports/container-engine.js';
import type { InsideTarget } from '#engine/ports/redis-node.js';
import type { AttemptContext } from '../run/context.js';

/** The server that settings are tried on: no network, no data, nothing of it outlives the step. */
export interface ThrowAway {
  readonly name: string;
  readonly owner: Owner;
}

export const throwAwayOf = ({ control, operation }: AttemptContext): ThrowAway => ({
  name: `${control.installation}-try-${operation.id}`,
  owner: { installation: control.installation, subject: operation.id },
});

const pidsLimit = 64;

/** It is empty, so the smallest size will do, whatever `maxmemory` says. */
const memoryMb = memoryBoundsMb.minimum;

export const throwAwaySpec = ({ name, owner }: ThrowAway, { database }: AttemptContext): ContainerSpec => ({
  ...{ name, owner, image: database.image },
  command: ['redis-server', serverPaths.configuration],
  user: `${serverUser.uid}:${serverUser.gid}`,
  labels: { [labels.database]: database.id, [labels.operation]: owner.subject },
  network: { kind: 'none' },
  volume: { name, mountPath: serverPaths.root },
  binds: [],
  temporaryDirectories: ['/tmp'],
  addCapabilities: [],
  memoryBytes: memoryLimitBytes(memoryMb),
  cpuShares: cpuShares(memoryMb),
  pidsLimit,
  openFilesLimit: null,
  healthCheck: null,
  // One that does not take the settings must show that, not try again for ever.
  restartPolicy: 'no',
  stopGraceSeconds: 1,
});

export const insideThrowAway = ({ engines }: AttemptContext, { name }: ThrowAway): InsideTarget => ({
  name,
  port: serverPorts.plain,
  run: (command, signal) => engines.containers.runInside(name, command, signal),
});

export const throwAwayExists = async (context: AttemptContext): Promise<boolean> => {
  const { containers } = context.engines;
  const { name, owner } = throwAwayOf(context);
  if ((await containers.inspectContainer(name, owner, context.signal)) !== null) return true;
  return containers.volumeExists(name, owner, context.signal);
};

export const removeThrowAway = async (context: AttemptContext): Promise<void> => {
  const { containers } = context.engines;
  const { name, owner } = throwAwayOf(context);
  await containers.ensureContainerAbsent(name, owner, context.signal);
  await containers.ensureVolumeAbsent(name, owner, context.signal);
};
