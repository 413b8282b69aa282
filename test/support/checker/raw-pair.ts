import type { Redis } from 'ioredis';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import { parseInfo } from '#engine/redis/parse-info.js';
import { eventually } from '../eventually.js';
import { redisImage } from '../images.js';
import { addressIn, uniqueName, uniqueSubnet } from '../names.js';
import { redisContainer, redisFiles } from '../redis-server.js';
import { removeOwned } from '../remove-owned.js';
import { openOnce, type Login, type ServerAddress } from './direct-link.js';

const passwords = { tenant: 'tenant-password', manager: 'manager-password-0123456789' };
export const tenantLogin: Login = { username: serverUsers.tenant, password: passwords.tenant };
const managerLogin: Login = { username: serverUsers.manager, password: passwords.manager };

export interface RawServer {
  readonly container: string;
  readonly address: ServerAddress;
  /** Logged in as the manager, for as long as the server's process lives. */
  readonly manager: Redis;
}

type Version = '6.0' | '7.0' | '8.0';

/** Two servers as Holdfast would make them, and nothing of Holdfast that runs: the second one follows the first one over TLS. */
export class RawPair {
  private constructor(
    private readonly engine: DockerEngine,
    private readonly installation: string,
    /** Where a test can listen for these servers. */
    readonly gateway: string,
    readonly servers: readonly [RawServer, RawServer],
  ) {}

  static async start(version: Version, persistence: PersistenceMode = 'aof'): Promise<RawPair> {
    const engine = new DockerEngine({ socketPath: '/var/run/docker.sock' });
    const installation = uniqueName('hfr');
    const subnet = uniqueSubnet();
    const signal = AbortSignal.timeout(60_000);
    try {
      await engine.ensureNetwork(
        { name: installation, owner: { installation, subject: 'raw' }, subnet, labels: {} },
        signal,
      );
      const authority = await new X509CertificateAuthority().createAuthority('raw', ...aDay());
      const make = (last: number): Promise<RawServer> =>
        startServer(
          { engine, installation, authority, version, persistence, address: addressIn(subnet, last) },
          signal,
        );
      const servers = await Promise.all([make(10), make(11)]);
      const pair = new RawPair(engine, installation, addressIn(subnet, 1), servers);
      await pair.follow(servers[1], servers[0]);
      return pair;
    } catch (error) {
      await removeOwned(engine, installation);
      throw error;
    }
  }

  /** Makes one follow the other, at its own address or at that of a proxy before it, and waits until the link is up. */
  async follow(replica: RawServer, source: RawServer, at: ServerAddress = tlsOf(source)): Promise<void> {
    await replica.manager.call('REPLICAOF', at.host, String(at.port));
    await this.linkUp(replica);
  }

  linkUp(replica: RawServer): Promise<void> {
    return eventually(
      async () => {
        const { master_link_status: status } = await infoOf(replica);
        if (status !== 'up') throw new Error(`The link is ${status ?? 'none'}`);
      },
      { withinMs: 30_000 },
    );
  }

  close(): Promise<void> {
    for (const { manager } of this.servers) manager.disconnect();
    return removeOwned(this.engine, this.installation);
  }
}

/** The address that followers of a server use. */
export const tlsOf = ({ address: { host } }: RawServer): ServerAddress => ({ host, port: serverPorts.tls });

export const infoOf = async ({ manager }: RawServer): Promise<Readonly<Record<string, string>>> =>
  parseInfo((await manager.call('INFO', 'replication')) as string);

interface Making {
  readonly engine: DockerEngine;
  readonly installation: string;
  readonly authority: KeyPair;
  readonly version: Version;
  readonly persistence: PersistenceMode;
  readonly address: string;
}

const aDay = (): [notBefore: Date, notAfter: Date] => [
  new Date(Date.now() - 60_000),
  new Date(Date.now() + 86_400_000),
];

const startServer = async (making: Making, signal: AbortSignal): Promise<RawServer> => {
  const { engine, installation, authority, version, persistence, address } = making;
  const name = `${installation}-${address.split('.')[3]}`;
  const owner = { installation, subject: 'raw' };
  const [notBefore, notAfter] = aDay();
  const names = { dnsNames: [name], ipAddresses: [address] };
  const certificate = await new X509CertificateAuthority().issue(authority, { ...names, notBefore, notAfter });
  const network = { kind: 'network', name: installation, aliases: [], ipv4: address } as const;
  const files = redisFiles({
    ...{ version, persistence, certificate, authorityPem: authority.certificatePem },
    passwords: { tenant: [passwords.tenant], manager: passwords.manager },
  });
  await engine.ensureVolume({ name, owner, labels: {} }, signal);
  await engine.createContainer(redisContainer({ name, owner, image: redisImage(version), network }), signal);
  await engine.writeFiles(name, serverPaths.root, files, signal);
  await engine.startContainer(name, signal);
  const server = { host: address, port: serverPorts.plain };
  const manager = await eventually(() => openOnce(server, managerLogin), { withinMs: 20_000 });
  await manager.call('CONFIG', 'SET', 'masteruser', managerLogin.username);
  await manager.call('CONFIG', 'SET', 'masterauth', managerLogin.password);
  return { container: name, address: server, manager };
};
