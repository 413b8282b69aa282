import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { eventually } from './eventually.js';
import { freePort } from './free-ports.js';
import { docker } from './host.js';
import { uniqueName } from './names.js';

const image = 'holdfast/redis:7.0';

/** May read all keys, and neither copy the server nor look at its settings: what hosted ones give. */
export const readerRights = '~* -@all +@read +@connection +function|list -@dangerous -@admin';

/** A Redis of somebody else's, in a container on the host's network, with a plain port, one for TLS, and users. */
export class ForeignRedis {
  private constructor(
    readonly port: number,
    readonly tlsPort: number,
    readonly caPem: string,
    readonly directory: string,
    readonly client: Redis,
    private readonly container: string,
  ) {}

  static async start(
    password: string,
    users: readonly string[] = [],
    more: readonly string[] = [],
  ): Promise<ForeignRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-foreign-'));
    const [port, tlsPort] = [await freePort(), await freePort()];
    const authority = new X509CertificateAuthority();
    const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
    const ca = await authority.createAuthority('somebody', validity.notBefore, validity.notAfter);
    const names = { dnsNames: ['source.test'], ipAddresses: ['127.0.0.1'] };
    const pair = await authority.issue(ca, { ...names, ...validity });
    await writeFile(join(directory, 'ca.pem'), ca.certificatePem);
    await writeFile(join(directory, 'cert.pem'), pair.certificatePem);
    await writeFile(join(directory, 'key.pem'), pair.privateKeyPem);
    const lines = [
      `port ${String(port)}`,
      `tls-port ${String(tlsPort)}`,
      'dir /tmp',
      `tls-cert-file ${directory}/cert.pem`,
      `tls-key-file ${directory}/key.pem`,
      `tls-ca-cert-file ${directory}/ca.pem`,
      'tls-auth-clients no',
      'bind 127.0.0.1',
      'save ""',
      'repl-diskless-sync-delay 0',
      `user default on >${password} ~* &* +@all`,
      ...users.map((user) => `user ${user}`),
      ...more,
    ];
    await writeFile(join(directory, 'redis.conf'), `${lines.join('\n')}\n`);
    await chmod(directory, 0o755);
    const container = uniqueName('hft-foreign');
    const options = ['--network', 'host', '-v', `${directory}:${directory}:ro`];
    await docker('run', '-d', '--name', container, ...options, image, 'redis-server', join(directory, 'redis.conf'));
    const client = new Redis({ port, password, lazyConnect: true, retryStrategy: () => null });
    await eventually(() => client.connect(), { withinMs: 20_000 });
    return new ForeignRedis(port, tlsPort, ca.certificatePem, directory, client, container);
  }

  async close(): Promise<void> {
    this.client.disconnect();
    await docker('rm', '-f', this.container);
    await rm(this.directory, { recursive: true, force: true });
  }
}
