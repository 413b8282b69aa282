import { randomBytes } from 'node:crypto';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import type { ServerRole } from '#domain/server/server-role.js';
import { serverUsers } from '#domain/server/users.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import type { RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import { IoredisConnector } from '#engine/redis/ioredis-connector.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { redisImage } from '../../support/images.js';
import { addressIn, uniqueName, uniqueSubnet } from '../../support/names.js';
import { redisContainer, redisFiles } from '../../support/redis-server.js';
import { removeOwned } from '../../support/remove-owned.js';

export type TestedVersion = '6.0' | '7.0' | '8.0';

/** A server in a container of its own, with data that does not shrink when compressed. */
export class BackupSource {
  readonly signal = new AbortController().signal;
  private node: RedisNode | null = null;

  private constructor(
    readonly name: string,
    readonly image: string,
    private readonly host: string,
    private readonly passwords: { readonly tenant: string; readonly manager: string },
    private readonly engine: DockerEngine,
    private readonly caPem: string,
  ) {}

  static async start(version: TestedVersion, role?: ServerRole): Promise<BackupSource> {
    const engine = new DockerEngine({ socketPath: '/var/run/docker.sock' });
    const name = uniqueName('hft');
    const subnet = uniqueSubnet();
    const authority = new X509CertificateAuthority();
    const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    const ca = await authority.createAuthority('test', notBefore, notAfter);
    const names = { dnsNames: ['server.test'], ipAddresses: [] };
    const certificate = await authority.issue(ca, { ...names, notBefore, notAfter });
    const passwords = { tenant: randomBytes(16).toString('hex'), manager: randomBytes(16).toString('hex') };
    const host = addressIn(subnet, 10);
    const source = new BackupSource(name, redisImage(version), host, passwords, engine, ca.certificatePem);
    try {
      const owner = { installation: name, subject: 'db-1' };
      await engine.ensureNetwork({ name, owner, subnet, labels: {} }, source.signal);
      await engine.ensureVolume({ name, owner, labels: {} }, source.signal);
      const network = { kind: 'network', name, aliases: [], ipv4: host } as const;
      await engine.createContainer(redisContainer({ name, owner, image: source.image, network }), source.signal);
      const files = redisFiles({
        ...{ version, persistence: 'none', authorityPem: ca.certificatePem, certificate },
        passwords: { tenant: [passwords.tenant], manager: passwords.manager },
        ...(role ? { role } : {}),
      });
      await engine.writeFiles(name, serverPaths.root, files, source.signal);
      await engine.startContainer(name, source.signal);
      await source.answers();
      return source;
    } catch (error) {
      await source.remove();
      throw error;
    }
  }

  private answers(): Promise<unknown> {
    const up = async (): Promise<true> => {
      await this.command('PING');
      return true;
    };
    return waitUntil(up, { describe: this.name, deadlineMs: 20_000, intervalMs: 20 }, this.signal);
  }

  target(port: 'plain' | 'tls' = 'tls', user: keyof typeof serverUsers = 'manager'): RedisTarget {
    const { host, caPem } = this;
    const login = { username: serverUsers[user], password: this.passwords[user] };
    return port === 'plain'
      ? { host, port: serverPorts.plain, ...login, tls: null }
      : { host, port: serverPorts.tls, ...login, tls: { caPem, serverName: 'server.test' } };
  }

  async connect(): Promise<RedisNode> {
    return new IoredisConnector().connect(this.target('plain'), this.signal);
  }

  async command(...args: string[]): Promise<unknown> {
    return (this.node ??= await this.connect()).command(args, this.signal);
  }

  async setting(name: string): Promise<string | undefined> {
    const [, value] = (await this.command('CONFIG', 'GET', name)) as string[];
    return value;
  }

  /** Values of 1 KB. Compressible when Redis compresses them, so that it is seen when it does not. */
  async fill(keys: number): Promise<void> {
    const script = "for i=1,tonumber(ARGV[1]) do redis.call('SET','key:'..i,string.rep('v'..i,200):sub(1,1024)) end";
    await this.command('EVAL', script, '0', String(keys));
  }

  /** How many connections take a copy or follow. */
  async copies(): Promise<number> {
    return Number(/connected_slaves:(\d+)/.exec(String(await this.command('INFO', 'replication')))?.[1]);
  }

  async remove(): Promise<void> {
    this.node?.close();
    await removeOwned(this.engine, this.name);
  }
}
