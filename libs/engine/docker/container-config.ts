import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { ContainerNetwork, ContainerSpec, HealthCheck } from '../ports/container-engine.js';
import { containerDigest, containerDigestLabel, ownerLabels } from './labels.js';

/** The engine's request for a ContainerSpec, hardening included. */
export const containerConfig = (spec: ContainerSpec): ContainerCreateOptions => ({
  name: spec.name,
  Image: spec.image,
  // As the entrypoint, so that nothing of the image's own command line is left in front of it.
  Entrypoint: [...spec.command],
  User: spec.user,
  Labels: { ...spec.labels, ...ownerLabels(spec.owner), [containerDigestLabel]: containerDigest(spec) },
  StopTimeout: spec.stopGraceSeconds,
  Healthcheck: healthCheck(spec.healthCheck),
  HostConfig: hostConfig(spec),
  NetworkingConfig: { EndpointsConfig: endpoints(spec.network) },
});

// No `Init`: a Redis as process 1 handles SIGTERM itself and has no children that outlive it.
const hostConfig = (spec: ContainerSpec): HostConfig => ({
  ReadonlyRootfs: true,
  CapDrop: ['ALL'],
  CapAdd: [...spec.addCapabilities],
  SecurityOpt: ['no-new-privileges'],
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  Memory: spec.memoryBytes,
  // Equal to the memory: a database that swaps is slower than one that is restarted.
  MemorySwap: spec.memoryBytes,
  CpuShares: spec.cpuShares,
  PidsLimit: spec.pidsLimit,
  RestartPolicy: { Name: spec.restartPolicy },
  NetworkMode: spec.network.kind === 'network' ? spec.network.name : spec.network.kind,
  Mounts: mounts(spec),
  Tmpfs: Object.fromEntries(
    spec.temporaryDirectories.map((path) => [path, 'rw,noexec,nosuid,nodev,size=64m,mode=1777']),
  ),
  ...(spec.openFilesLimit === null
    ? {}
    : { Ulimits: [{ Name: 'nofile', Soft: spec.openFilesLimit, Hard: spec.openFilesLimit }] }),
});

const mounts = (spec: ContainerSpec): MountSettings[] => [
  ...(spec.volume === null ? [] : [volumeMount(spec, spec.volume)]),
  ...spec.binds.map((bind): MountSettings => ({
    Type: 'bind',
    Source: bind.hostPath,
    Target: bind.mountPath,
    ReadOnly: bind.readOnly,
  })),
];

const volumeMount = (spec: ContainerSpec, volume: { name: string; mountPath: string }): MountSettings => ({
  Type: 'volume',
  Source: volume.name,
  Target: volume.mountPath,
  VolumeOptions: {
    // Nothing of the image may end up in a database's volume.
    NoCopy: true,
    // The engine creates a missing volume by itself; then it is at least known as ours.
    Labels: ownerLabels(spec.owner),
    DriverConfig: { Name: 'local', Options: {} },
  },
});

const endpoints = (
  network: ContainerNetwork,
): NonNullable<ContainerCreateOptions['NetworkingConfig']>['EndpointsConfig'] =>
  network.kind === 'network'
    ? {
        [network.name]: {
          Aliases: [...network.aliases],
          ...(network.ipv4 === null ? {} : { IPAMConfig: { IPv4Address: network.ipv4 } }),
        },
      }
    : {};

const healthCheck = (check: HealthCheck | null): ContainerCreateOptions['Healthcheck'] =>
  check === null
    ? { Test: ['NONE'] }
    : {
        Test: ['CMD', ...check.command],
        Interval: check.intervalSeconds * nanosecondsPerSecond,
        Timeout: check.timeoutSeconds * nanosecondsPerSecond,
        Retries: check.retries,
        StartPeriod: check.startPeriodSeconds * nanosecondsPerSecond,
      };

const nanosecondsPerSecond = 1_000_000_000;
