import { X509Certificate } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { serverPorts } from '#domain/server/names.js';
import type { RedisConnector, RedisTarget } from '#engine/ports/redis-node.js';

interface Shown {
  readonly connector: RedisConnector;
  readonly target: RedisTarget & { readonly tls: NonNullable<RedisTarget['tls']> };
  readonly certificatePem: string;
  readonly strangerPem: string;
  readonly signal: AbortSignal;
}

/** What a server shows to who says nothing. */
export const itShowsItsCertificate = (shown: () => Shown): void => {
  it('shows its certificate without a login, to who verifies it', async () => {
    const { connector, target, certificatePem, strangerPem, signal } = shown();
    const { fingerprint256, serialNumber } = new X509Certificate(certificatePem);
    expect(await connector.presentedCertificate(target, signal)).toEqual({ fingerprint256, serialNumber });
    const refused = [
      { ...target, tls: { ...target.tls, caPem: strangerPem } },
      { ...target, tls: { ...target.tls, serverName: 'another.default' } },
      { ...target, port: serverPorts.plain + 100 },
    ];
    for (const other of refused) {
      await expect(connector.presentedCertificate(other, signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    }
  });
};
