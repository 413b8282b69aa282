import { memoryLimitBytes, cpuShares, stopGraceSeconds } from '#domain/database/size.js';
import { databaseAddress, environmentSubnet } from '#domain/server/addresses.js';
import {
  containerName,
  labels,
  networkName,
  serverPaths,
  serverPorts,
  serverUser,
  volumeName,
} from '#domain/server/names.js';
import type { ServerShape } from '#domain/server/redis-configuration.js';
import type {
  ContainerNetwork,
  ContainerSpec,
  NetworkSpec,
  Owner,
  VolumeSpec,
} from '#engine/ports/container-engine.js';
import type { DatabaseRow, EnvironmentRow } from '#persistence/tables.js';
import type { Control } from '../control.js';

/** Everything about a database's server that follows from its rows; nothing here asks the host. */
export interface Server {
  readonly name: string;
  readonly volume: string;
  readonly address: string;
  readonly owner: Owner;
  readonly shape: ServerShape;
}

export const serverOf = (control: Control, database: DatabaseRow, environment: EnvironmentRow): Server => ({
  name: containerName(control.installation, database.id, database.incarnation),
  volume: volumeName(control.installation, database.id, database.incarnation),
  address: databaseAddress(control.networkPool, environment.network_index, database.address_index),
  owner: { installation: control.installation, subject: database.id },
  shape: {
    version: database.version,
    persistence: database.persistence,
    memoryMb: database.memory_mb,
    maxmemoryPolicy: database.maxmemory_policy,
    tlsOnly: database.tls_only,
    tlsProtocols: database.tls_protocols,
    settings: database.settings,
  },
});

export const networkSpec = (control: Control, environment: EnvironmentRow): NetworkSpec => ({
  name: networkName(control.installation, environment.id),
  owner: { installation: control.installation, subject: environment.id },
  subnet: environmentSubnet(control.networkPool, environment.network_index),
  labels: { [labels.environment]: environment.name },
});

export const volumeSpec = (server: Server, environment: EnvironmentRow): VolumeSpec => ({
  name: server.volume,
  owner: server.owner,
  labels: { [labels.environment]: environment.name, [labels.database]: server.owner.subject },
});

/** Redis needs few processes: itself, its background threads, a forked child, and a health check now and then. */
const pidsLimit = 64;

/** How its containers reach it: by its handle, and until it is replaced by those that it had before. */
export const containerNetwork = (
  control: Control,
  server: Server,
  database: DatabaseRow,
  environment: EnvironmentRow,
): Extract<ContainerNetwork, { kind: 'network' }> => ({
  kind: 'network',
  name: networkName(control.installation, environment.id),
  aliases: [database.handle, ...database.former_handles],
  ipv4: server.address,
});

export const containerSpec = (
  control: Control,
  server: Server,
  database: DatabaseRow,
  environment: EnvironmentRow,
  operationId: string,
): ContainerSpec => ({
  name: server.name,
  owner: server.owner,
  image: database.image,
  command: ['redis-server', serverPaths.configuration],
  user: `${serverUser.uid}:${serverUser.gid}`,
  labels: {
    [labels.environment]: environment.name,
    [labels.database]: database.id,
    [labels.generation]: String(database.generation),
    [labels.operation]: operationId,
  },
  network: containerNetwork(control, server, database, environment),
  volume: { name: server.volume, mountPath: serverPaths.root },
  binds: [],
  temporaryDirectories: ['/tmp'],
  addCapabilities: [],
  memoryBytes: memoryLimitBytes(database.memory_mb),
  cpuShares: cpuShares(database.memory_mb),
  pidsLimit,
  openFilesLimit: null,
  healthCheck: {
    // Without a password: a server that answers NOAUTH is alive, and no secret is needed in the container's settings.
    command: ['redis-cli', '--tls', '--cacert', serverPaths.authority, '-p', String(serverPorts.tls), 'ping'],
    intervalSeconds: 30,
    timeoutSeconds: 5,
    retries: 3,
    startPeriodSeconds: 5,
  },
  // A fenced server is started by hand only.
  restartPolicy: database.role === 'fenced' ? 'no' : 'unless-stopped',
  // For whoever else stops it: the host that shuts down, or somebody by hand.
  stopGraceSeconds: stopGraceSeconds(database.memory_mb),
});
