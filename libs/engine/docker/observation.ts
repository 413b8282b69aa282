import type { ContainerInspectInfo } from 'dockerode';
import type { Attachment, ContainerObservation, Owner } from '../ports/container-engine.js';
import { isOwnedBy } from './labels.js';

/** What Holdfast wants to know of the engine's answer to an inspection. */
export const observation = (found: ContainerInspectInfo, owner: Owner): ContainerObservation => {
  const state = states[found.State.Status] ?? 'dead';
  return {
    name: found.Name.replace(/^\//, ''),
    owned: isOwnedBy(found.Config.Labels, owner),
    state,
    health: healths[found.State.Health?.Status ?? 'none'] ?? 'none',
    labels: found.Config.Labels,
    image: found.Config.Image,
    imageId: found.Image,
    networks: Object.fromEntries(
      Object.keys(found.NetworkSettings.Networks).map((name) => [name, attachmentOf(found, name)]),
    ),
    startedAt: moment(found.State.StartedAt),
    exitCode: state === 'exited' || state === 'dead' ? found.State.ExitCode : null,
    outOfMemory: found.State.OOMKilled,
    restartPolicy: found.HostConfig.RestartPolicy?.Name || 'no',
    memoryLimitBytes: found.HostConfig.Memory ?? 0,
    cpuShares: found.HostConfig.CpuShares ?? 0,
  };
};

/** What dockerode's types leave out. */
interface Endpoint {
  readonly IPAddress: string;
  readonly IPAMConfig?: { readonly IPv4Address?: string } | null;
  readonly Aliases?: readonly string[] | null;
}

/** Of a network that the container is on. The engine adds the beginning of the container's id to the names that it was given. */
export const attachmentOf = ({ Id, NetworkSettings }: ContainerInspectInfo, network: string): Attachment => {
  const { IPAddress, IPAMConfig, Aliases } = NetworkSettings.Networks[network] as unknown as Endpoint;
  return {
    ipv4: IPAMConfig?.IPv4Address || IPAddress || null,
    aliases: (Aliases ?? []).filter((alias) => !Id.startsWith(alias)),
  };
};

/** The engine's words; `removing` is as good as dead. */
const states: Readonly<Record<string, ContainerObservation['state']>> = {
  created: 'created',
  running: 'running',
  restarting: 'restarting',
  exited: 'exited',
  paused: 'paused',
  removing: 'dead',
  dead: 'dead',
};

const healths: Readonly<Record<string, ContainerObservation['health']>> = {
  healthy: 'healthy',
  unhealthy: 'unhealthy',
  starting: 'starting',
  none: 'none',
};

/** The engine writes "never" as the first moment of its calendar. */
const moment = (text: string): Date | null => (text.startsWith('0001-') ? null : new Date(text));
