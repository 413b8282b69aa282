import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkName, serverPaths, volumeName } from '#domain/server/names.js';
import { eventually } from '../support/eventually.js';
import { docker, dockerWith, inspect, namedLike } from '../support/host.js';
import { redisImage } from '../support/images.js';
import { Live, type LiveDatabase } from '../support/live.js';

/** The container of a database, as the host's administrator finds it. */

jest.setTimeout(60_000);

interface Container {
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[] | null;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly State: { readonly Health: { readonly Status: string } };
  readonly Mounts: readonly { readonly Type: string; readonly Name: string; readonly Destination: string }[];
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, unknown>>;
    readonly Networks: Readonly<
      Record<
        string,
        { IPAddress: string; Aliases: readonly string[]; IPAMConfig: { readonly IPv4Address: string } | null }
      >
    >;
  };
}

let live: Live;
let database: LiveDatabase;
let container: Container;
let network: string;

beforeAll(async () => {
  live = await Live.start();
  database = await live.provision('hard', { version: '8.0-aof' });
  container = await inspect<Container>(database.container);
  network = networkName(live.installation.name, database.shown.environmentId);
}, 120_000);

afterAll(() => live.close(), 60_000);

const processes = (): Promise<string> => docker('top', database.container, '-eo', 'pid,uid,args');

describe('the container', () => {
  it('cannot be written to, has no capabilities and gains no privileges', () => {
    expect(container.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
      PidMode: '',
      Binds: null,
    });
    expect(container.HostConfig['CapAdd'] ?? []).toEqual([]);
  });

  it('runs as a user that is not root, its health checks included', async () => {
    expect(container.Config.User).toBe('10999:10999');
    const [, ...lines] = (await processes()).split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.trim()).toMatch(/^\d+ +10999 /);
  });

  it('has the memory that was asked for and no swap', () => {
    const limit = 64 * 1024 * 1024;
    expect(container.HostConfig).toMatchObject({ Memory: limit, MemorySwap: limit });
  });

  it('has CPU shares by its memory, and a limit of processes', () => {
    expect(container.HostConfig).toMatchObject({ CpuShares: 16, PidsLimit: 64 });
  });

  it('comes back after a crash or a reboot without the control plane', () => {
    expect(container.HostConfig).toMatchObject({ RestartPolicy: { Name: 'unless-stopped' }, AutoRemove: false });
  });

  it('has a volume of its own and nothing else to write to but a small /tmp', () => {
    expect(container.Mounts).toMatchObject([
      { Type: 'volume', Name: volumeName(live.installation.name, database.id), Destination: serverPaths.root },
    ]);
    expect(Object.keys(container.HostConfig['Tmpfs'] as object)).toEqual(['/tmp']);
  });

  it("is only on its environment's network, by its handle and at a fixed address", () => {
    expect(Object.keys(container.NetworkSettings.Networks)).toEqual([network]);
    const endpoint = container.NetworkSettings.Networks[network];
    expect(endpoint?.Aliases).toContain('hard');
    expect(endpoint?.IPAMConfig?.IPv4Address).toBe(endpoint?.IPAddress);
  });

  it('publishes no ports', () => {
    expect(container.HostConfig['PortBindings'] ?? {}).toEqual({});
    expect(Object.values(container.NetworkSettings.Ports).filter((bindings) => bindings !== null)).toEqual([]);
  });

  it("gets nothing by its environment but what its image says, and only a file's name as an argument (2.9, defects 2 and 6)", async () => {
    const image = await inspect<Pick<Container, 'Config'>>(redisImage('8.0'));
    expect(container.Config.Env).toEqual(image.Config.Env);
    expect([...container.Config.Entrypoint, ...(container.Config.Cmd ?? [])]).toEqual([
      'redis-server',
      serverPaths.configuration,
    ]);
  });

  it('carries the labels by which it is found again', () => {
    expect(container.Config.Labels).toMatchObject({
      'io.holdfast.installation': live.installation.name,
      'io.holdfast.environment': 'default',
      'io.holdfast.database': database.id,
      'io.holdfast.generation': '1',
    });
  });

  it('runs exactly one server (A5), of the version asked for (A1, V1)', async () => {
    expect((await processes()).match(/redis-server/g)).toHaveLength(1);
    expect(await docker('exec', database.container, 'redis-server', '--version')).toMatch(/^Redis server v=8\.0\./);
  });
});

describe("another container on the environment's network", () => {
  const name = (): string => `${live.installation.name}-neighbour`;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-neighbour-'));
    await writeFile(join(directory, 'ca.pem'), await live.authorityPem(), { mode: 0o644 });
    const client = ['--detach', '--network', network, '--entrypoint', 'redis-server', '--name', name()];
    await docker('run', ...client, redisImage('8.0'), '--save', '');
    await docker('cp', join(directory, 'ca.pem'), `${name()}:/ca.pem`);
  });

  afterAll(async () => {
    await docker('rm', '--force', '--volumes', name());
    await rm(directory, { recursive: true });
  });

  const ask = (...args: readonly string[]): Promise<string> => {
    const login = ['--user', database.username, '--no-auth-warning', '-h', 'hard', ...args];
    const secrets = { REDISCLI_AUTH: database.password };
    return dockerWith(secrets, 'exec', '--env', 'REDISCLI_AUTH', name(), 'redis-cli', ...login);
  };

  it('reaches the database by its handle, plain and over TLS', async () => {
    expect(await ask('-p', '6379', 'SET', 'from', 'a neighbour')).toBe('OK');
    const tls = ['--tls', '--cacert', '/ca.pem', '--sni', 'hard'];
    expect(await ask('-p', '6380', ...tls, 'GET', 'from')).toBe('a neighbour');
  });

  it('speaks the commands of its version (V2)', async () => {
    expect(await ask('-p', '6379', 'LOLWUT')).toMatch(/Redis ver\. 8\.0\./);
  });
});

describe('the health check', () => {
  it('finds the server healthy, without a password', async () => {
    const health = async (): Promise<string> => (await inspect<Container>(database.container)).State.Health.Status;
    await eventually(async () => expect(await health()).toBe('healthy'), { withinMs: 50_000 });
    expect(JSON.stringify(container.Config)).not.toContain(database.password);
  });
});

describe('a deprovision', () => {
  it('leaves neither the container nor the volume', async () => {
    expect(await namedLike(database.id)).toHaveLength(2);
    await live.operate(database, 'deprovision');
    expect(await namedLike(database.id)).toEqual([]);
  });
});
