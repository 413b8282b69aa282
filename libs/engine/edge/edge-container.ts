import { createHash } from 'node:crypto';
import type { ContainerSpec } from '../ports/container-engine.js';
import type { EdgeDirectory, EdgeUser } from './edge-directory.js';
import { containerPaths, openFilesLimit, renderHaproxyConfig, type HaproxySettings } from './haproxy-config.js';

export interface EdgeContainer {
  readonly installation: string;
  readonly image: string;
  readonly directory: EdgeDirectory;
  readonly user: EdgeUser;
  readonly settings: HaproxySettings;
}

/** Which configuration and container a running edge was started with. */
export const edgeDigestLabel = 'io.holdfast.edge-digest';

export const edgeName = (installation: string): string => `${installation}-edge`;

export const edgeSpec = (edge: EdgeContainer): ContainerSpec => {
  const spec = unlabelledSpec(edge);
  const digest = createHash('sha256').update(JSON.stringify([spec, renderHaproxyConfig(edge.settings)]));
  return { ...spec, labels: { [edgeDigestLabel]: digest.digest('hex') } };
};

const unlabelledSpec = ({ installation, image, directory, user, settings }: EdgeContainer): ContainerSpec => ({
  name: edgeName(installation),
  owner: { installation, subject: 'edge' },
  image,
  // With a master (-W), because the kernel keeps SIGTERM from a process 1 that has no handler for it: a stop would take its whole grace.
  command: ['haproxy', '-W', '-db', '-f', containerPaths.configuration],
  user: `${String(user.uid)}:${String(user.gid)}`,
  labels: {},
  network: { kind: 'host' },
  volume: null,
  binds: [
    { hostPath: directory.configurationDirectory, mountPath: containerPaths.configurationDirectory, readOnly: true },
    { hostPath: directory.runDirectory, mountPath: containerPaths.runDirectory, readOnly: false },
  ],
  temporaryDirectories: [],
  addCapabilities: [],
  memoryBytes: 512 * 1024 ** 2,
  // Twice the engine's default: every database waits for it.
  cpuShares: 2048,
  pidsLimit: 64,
  openFilesLimit: openFilesLimit(settings),
  healthCheck: null,
  restartPolicy: 'unless-stopped',
  stopGraceSeconds: 6,
});
