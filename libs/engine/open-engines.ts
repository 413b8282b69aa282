import { join } from 'node:path';
import { X509CertificateAuthority } from './certificates/x509-certificate-authority.js';
import { DockerEngine } from './docker/docker-engine.js';
import { HaproxyEdge } from './edge/haproxy-edge.js';
import { openBackups, type BackupSettings, type OpenBackups } from './open-backups.js';
import { fetchForeign } from './backups/foreign/fetch.js';
import type { ForeignServers } from './ports/foreign-server.js';
import type { CertificateAuthority } from './ports/certificate-authority.js';
import type { ContainerEngine } from './ports/container-engine.js';
import type { Edge } from './ports/edge.js';
import type { RedisConnector } from './ports/redis-node.js';
import { IoredisConnector } from './redis/ioredis-connector.js';

export interface EngineSettings extends BackupSettings {
  readonly dockerSocket: string;
  readonly installation: string;
  readonly edgeImage: string;
  readonly edgeAddress: string;
  readonly edgePorts: { readonly first: number; readonly last: number };
}

export interface OpenEngines extends OpenBackups {
  readonly containers: ContainerEngine;
  readonly redis: RedisConnector;
  readonly edge: Edge;
  readonly certificates: CertificateAuthority;
  readonly foreign: ForeignServers;
}

/** The real engines of one Docker host. Opens no connection yet. Errors: `ConfigurationError`. */
export const openEngines = (settings: EngineSettings): OpenEngines => {
  const containers = new DockerEngine({ socketPath: settings.dockerSocket });
  return {
    containers,
    redis: new IoredisConnector(),
    edge: new HaproxyEdge({
      engine: containers,
      installation: settings.installation,
      image: settings.edgeImage,
      directory: join(settings.home, 'edge'),
      bindAddress: settings.edgeAddress,
      ports: settings.edgePorts,
    }),
    certificates: new X509CertificateAuthority(),
    foreign: { fetch: fetchForeign },
    ...openBackups(settings),
  };
};
