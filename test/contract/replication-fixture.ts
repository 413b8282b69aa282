import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import type { ServerRole } from '#domain/server/server-role.js';
import { serverUsers, type ReplicationLogin } from '#domain/server/users.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import type { ContainerEngine, Owner } from '#engine/ports/container-engine.js';
import type { RedisConnector, RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { addressIn, uniqueName, uniqueSubnet } from '../support/names.js';
import { redisContainer, redisFiles } from '../support/redis-server.js';
import { removeOwned } from '../support/remove-owned.js';

export interface ReplicationSubject {
  readonly connector: RedisConnector;
  readonly engine: ContainerEngine;
  readonly image: string;
  readonly version: '6.0' | '7.0' | '8.0';
  /** The process of this container stands still, and goes on. */
  freeze(name: string): void;
  thaw(name: string): void;
  /** For a fake, which copies in no time: the replica's first copy stays under way until released. */
  holdCopy(name: string): void;
  releaseCopy(name: string): void;
}

export interface ServerOptions {
  readonly persistence?: PersistenceMode;
  readonly role?: ServerRole;
  /** The authority that it trusts is another one than that which all certificates are of. */
  readonly trustsAnother?: boolean;
}

export type Info = Readonly<Record<string, string>>;

export const login: ReplicationLogin = { username: 'holdfast-replica-r', password: 'replica-password-0123456789' };
const manager = 'manager-password-0123456789';

/** A server of a test, with a connection of the manager to it. */
export class TestedServer {
  private node: RedisNode | null = null;

  constructor(
    readonly name: string,
    readonly host: string,
    private readonly fixture: ReplicationFixture,
  ) {}

  async command(...args: string[]): Promise<unknown> {
    return (await this.connected()).command(args, this.fixture.signal);
  }

  async transaction(...commands: string[][]): Promise<readonly unknown[]> {
    return (await this.connected()).transaction(commands, this.fixture.signal);
  }

  async info(section = 'replication'): Promise<Info> {
    return (await this.connected()).info(section, this.fixture.signal);
  }

  async replicateFrom(source: TestedServer): Promise<unknown> {
    return this.command('REPLICAOF', source.host, String(serverPorts.tls));
  }

  async write(role: ServerRole, options: ServerOptions = {}): Promise<void> {
    await this.fixture.writeFiles(this, { ...options, role });
  }

  async start(): Promise<void> {
    await this.fixture.subject.engine.startContainer(this.name, this.fixture.signal);
    const up = async (): Promise<true> => {
      await this.command('PING');
      return true;
    };
    await waitUntil(up, { describe: this.name, deadlineMs: 20_000, intervalMs: 20 }, this.fixture.signal);
  }

  async stop(): Promise<void> {
    this.disconnect();
    await this.fixture.subject.engine.stopContainer(this.name, 10, this.fixture.signal);
  }

  /** Ends it without a warning, as SIGKILL does. A container is in its place at once, of the same volume and not started. */
  async kill(): Promise<void> {
    this.disconnect();
    await this.fixture.recreate(this);
  }

  connect(login: ReplicationLogin = { username: serverUsers.manager, password: manager }): Promise<RedisNode> {
    return this.fixture.connect(this, login);
  }

  disconnect(): void {
    this.node?.close();
    this.node = null;
  }

  private async connected(): Promise<RedisNode> {
    return (this.node ??= await this.connect());
  }
}

/** Servers of one version on a network, each test with its own. */
export class ReplicationFixture {
  /** Never fires: each test has its own time limit, and cleaning up has to go on after it. */
  readonly signal = new AbortController().signal;
  private readonly installation = uniqueName('hft');
  private readonly owner: Owner = { installation: this.installation, subject: 'db-1' };
  private readonly subnet = uniqueSubnet();
  private readonly servers: TestedServer[] = [];
  private readonly nodes: RedisNode[] = [];
  private count = 0;
  private authorityPem = '';
  private strangerPem = '';
  private certificate: KeyPair = { certificatePem: '', privateKeyPem: '' };

  constructor(readonly subject: ReplicationSubject) {}

  async prepare(): Promise<void> {
    const authority = new X509CertificateAuthority();
    const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    const ca = await authority.createAuthority('test', notBefore, notAfter);
    this.authorityPem = ca.certificatePem;
    this.strangerPem = (await authority.createAuthority('test', notBefore, notAfter)).certificatePem;
    // Of no server's address: Redis verifies the chain of its source only, and not the name.
    const names = { dnsNames: ['server.test'], ipAddresses: [] };
    this.certificate = await authority.issue(ca, { ...names, notBefore, notAfter });
    const { installation, owner, subnet } = this;
    await this.subject.engine.ensureNetwork({ name: installation, owner, subnet, labels: {} }, this.signal);
  }

  async removeServers(): Promise<void> {
    for (const node of this.nodes.splice(0)) node.close();
    const servers = this.servers.splice(0);
    for (const server of servers) server.disconnect();
    const { engine } = this.subject;
    await Promise.all(servers.map(({ name }) => engine.ensureContainerAbsent(name, this.owner, this.signal)));
    await Promise.all(servers.map(({ name }) => engine.ensureVolumeAbsent(name, this.owner, this.signal)));
  }

  async removeAll(): Promise<void> {
    await this.removeServers();
    await removeOwned(this.subject.engine, this.installation);
  }

  /** A server that runs. Its source lets it in if it was made here. */
  async server(options: ServerOptions = {}): Promise<TestedServer> {
    const number = ++this.count;
    const server = new TestedServer(
      `${this.installation}-${number}`,
      addressIn(this.subnet, 10 + (number % 200)),
      this,
    );
    this.servers.push(server);
    await this.subject.engine.ensureVolume({ name: server.name, owner: this.owner, labels: {} }, this.signal);
    await this.create(server);
    await this.writeFiles(server, options);
    await server.start();
    return server;
  }

  replicaOf(source: TestedServer, options: ServerOptions = {}): Promise<TestedServer> {
    return this.server({ ...options, role: { kind: 'replica', sourceAddress: source.host, login } });
  }

  async writeFiles(server: TestedServer, options: ServerOptions): Promise<void> {
    const files = redisFiles({
      version: this.subject.version,
      persistence: options.persistence ?? 'none',
      passwords: { tenant: ['tenant-password'], manager },
      authorityPem: options.trustsAnother ? this.strangerPem : this.authorityPem,
      certificate: this.certificate,
      followers: [login],
      ...(options.role ? { role: options.role } : {}),
    });
    await this.subject.engine.writeFiles(server.name, serverPaths.root, files, this.signal);
  }

  async recreate(server: TestedServer): Promise<void> {
    await this.subject.engine.ensureContainerAbsent(server.name, this.owner, this.signal);
    await this.create(server);
  }

  async connect({ host }: TestedServer, { username, password }: ReplicationLogin): Promise<RedisNode> {
    const tls = { caPem: this.authorityPem, serverName: 'server.test' };
    const target: RedisTarget = { host, port: serverPorts.tls, username, password, tls };
    const node = await this.subject.connector.connect(target, this.signal);
    this.nodes.push(node);
    return node;
  }

  private async create({ name, host }: TestedServer): Promise<void> {
    const network = { kind: 'network', name: this.installation, aliases: [], ipv4: host } as const;
    const spec = redisContainer({ name, owner: this.owner, image: this.subject.image, network });
    await this.subject.engine.createContainer(spec, this.signal);
  }
}
