import { serverPaths } from '#domain/server/names.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import type { ContainerEngine, ContainerSpec, FileEntry, NetworkSpec, Owner } from '#engine/ports/container-engine.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { addressIn, uniqueName, uniqueSubnet } from '../support/names.js';
import { redisContainer, redisFiles } from '../support/redis-server.js';
import { removeOwned } from '../support/remove-owned.js';

/** What the parts of the engine's suite work with: names of their own, a network, and containers to make. */
export class EngineFixture {
  readonly installation = uniqueName('hft');
  readonly owner: Owner = { installation: this.installation, subject: 'db-1' };
  readonly stranger: Owner = { installation: `${this.installation}-stranger`, subject: 'db-1' };
  readonly signal = AbortSignal.timeout(120_000);
  readonly network: NetworkSpec = {
    name: `${this.installation}-net`,
    owner: this.owner,
    subnet: uniqueSubnet(),
    labels: {},
  };
  files: readonly FileEntry[] = [];
  filesThatCannotBeSaved: readonly FileEntry[] = [];

  constructor(
    readonly engine: ContainerEngine,
    /** An image that the host has, with a Redis server of version 7.0 or newer. */
    readonly image: string,
  ) {}

  async prepare(): Promise<void> {
    const authority = new X509CertificateAuthority();
    const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
    const ca = await authority.createAuthority('test', notBefore, notAfter);
    const certificate = await authority.issue(ca, { dnsNames: ['localhost'], ipAddresses: [], notBefore, notAfter });
    const passwords = { tenant: ['tenant-password'], manager: 'manager-password' };
    const shape = {
      version: '7.0',
      persistence: 'rdb',
      passwords,
      authorityPem: ca.certificatePem,
      certificate,
    } as const;
    this.files = redisFiles(shape);
    this.filesThatCannotBeSaved = redisFiles({ ...shape, dataReadOnly: true });
    await this.engine.ensureNetwork(this.network, this.signal);
  }

  async removeAll(): Promise<void> {
    await removeOwned(this.engine, this.installation);
    await removeOwned(this.engine, this.stranger.installation);
  }

  container(name: string, changes: Partial<ContainerSpec> = {}): ContainerSpec {
    const { owner, image } = this;
    return {
      ...redisContainer({ name: `${this.installation}-${name}`, owner, image, network: { kind: 'none' } }),
      ...changes,
    };
  }

  /** On the fixture's network, at the address that ends in this byte. */
  atAddress(last: number): Pick<ContainerSpec, 'network'> {
    const { name, subnet } = this.network;
    return { network: { kind: 'network', name, aliases: ['hello'], ipv4: addressIn(subnet, last) } };
  }

  async create(spec: ContainerSpec, files = this.files): Promise<void> {
    await this.engine.ensureVolume({ name: spec.name, owner: spec.owner, labels: {} }, this.signal);
    await this.engine.createContainer(spec, this.signal);
    await this.engine.writeFiles(spec.name, serverPaths.root, files, this.signal);
  }

  async startReady({ name }: ContainerSpec): Promise<void> {
    await this.engine.startContainer(name, this.signal);
    const isReady = async () =>
      (await this.engine.tailLogs(name, 100, this.signal)).includes('Ready to accept') || undefined;
    await waitUntil(isReady, { describe: `${name} to be ready`, deadlineMs: 20_000 }, this.signal);
  }
}
