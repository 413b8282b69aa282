import { describe, expect, it } from '@jest/globals';
import type { ContainerSpec } from '../ports/container-engine.js';
import { containerConfig } from './container-config.js';

const spec: ContainerSpec = {
  name: 'hf-db-1',
  owner: { installation: 'hf', subject: 'db-1' },
  image: 'holdfast/redis:8.0',
  command: ['redis-server', '/holdfast/conf/redis.conf'],
  user: '10999:10999',
  labels: { 'io.holdfast.generation': '3', 'io.holdfast.subject': 'forged' },
  network: { kind: 'network', name: 'hf-env', aliases: ['hello'], ipv4: '10.224.0.2' },
  volume: { name: 'hf-db-1', mountPath: '/holdfast' },
  binds: [],
  temporaryDirectories: ['/tmp'],
  addCapabilities: [],
  memoryBytes: 268_435_456,
  cpuShares: 512,
  pidsLimit: 64,
  openFilesLimit: 10_240,
  healthCheck: null,
  restartPolicy: 'unless-stopped',
  stopGraceSeconds: 30,
};

describe('containerConfig', () => {
  it('hardens every container', () => {
    expect(containerConfig(spec).HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: [],
      SecurityOpt: ['no-new-privileges'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      Memory: 268_435_456,
      MemorySwap: 268_435_456,
      CpuShares: 512,
      PidsLimit: 64,
      Ulimits: [{ Name: 'nofile', Soft: 10_240, Hard: 10_240 }],
    });
  });

  it("sets the owner's labels over any that the caller brings", () => {
    expect(containerConfig(spec).Labels).toMatchObject({
      'io.holdfast.installation': 'hf',
      'io.holdfast.subject': 'db-1',
      'io.holdfast.generation': '3',
    });
  });

  it('passes nothing through the environment and leaves nothing of the image in the command line', () => {
    const config = containerConfig(spec);
    expect(config).not.toHaveProperty('Env');
    expect(config).not.toHaveProperty('Cmd');
    expect(config.Entrypoint).toEqual(spec.command);
    expect(config.Healthcheck).toEqual({ Test: ['NONE'] });
  });

  it('publishes no port and joins one network only', () => {
    const config = containerConfig(spec);
    expect(config.HostConfig?.PortBindings).toBeUndefined();
    expect(config.HostConfig?.NetworkMode).toBe('hf-env');
    expect(config.NetworkingConfig?.EndpointsConfig).toEqual({
      'hf-env': { Aliases: ['hello'], IPAMConfig: { IPv4Address: '10.224.0.2' } },
    });
    for (const kind of ['host', 'none'] as const) {
      const alone = containerConfig({ ...spec, network: { kind } });
      expect(alone.HostConfig?.NetworkMode).toBe(kind);
      expect(alone.NetworkingConfig?.EndpointsConfig).toEqual({});
    }
  });

  it('writes times of a health check in nanoseconds', () => {
    const healthCheck = {
      command: ['check'],
      intervalSeconds: 5,
      timeoutSeconds: 2,
      retries: 3,
      startPeriodSeconds: 1,
    };
    expect(containerConfig({ ...spec, healthCheck }).Healthcheck).toEqual({
      Test: ['CMD', 'check'],
      Interval: 5e9,
      Timeout: 2e9,
      Retries: 3,
      StartPeriod: 1e9,
    });
  });

  it('mounts host directories as they are asked for, and leaves the default of open files alone', () => {
    const config = containerConfig({
      ...spec,
      volume: null,
      openFilesLimit: null,
      addCapabilities: ['NET_BIND_SERVICE'],
      binds: [{ hostPath: '/var/lib/x', mountPath: '/x', readOnly: true }],
    });
    expect(config.HostConfig?.Mounts).toEqual([{ Type: 'bind', Source: '/var/lib/x', Target: '/x', ReadOnly: true }]);
    expect(config.HostConfig?.CapAdd).toEqual(['NET_BIND_SERVICE']);
    expect(config.HostConfig).not.toHaveProperty('Ulimits');
  });
});
