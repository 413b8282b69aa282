import { X509Certificate } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { serverPorts } from '#domain/server/names.js';
import type { RedisConnector, RedisTarget, ServerTrust } from '#engine/ports/redis-node.js';
import { certificateRefusal } from '#engine/ports/server-reply.js';

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
    const { fingerprint256, serialNumber, validTo } = new X509Certificate(certificatePem);
    const presented = { fingerprint256, serialNumber, notAfter: new Date(validTo) };
    expect(await connector.presentedCertificate(target, signal)).toEqual(presented);
    const node = await connector.connect(target, signal);
    expect(node.presented()).toEqual(presented);
    node.close();
    const refused = [
      { ...target, tls: { ...target.tls, caPem: strangerPem } },
      { ...target, tls: { ...target.tls, serverName: 'another.default' } },
      { ...target, port: serverPorts.plain + 100 },
    ];
    for (const other of refused) {
      await expect(connector.presentedCertificate(other, signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    }
  });

  it('is told apart from one that does not answer when its certificate is not accepted', async () => {
    const { connector, target, strangerPem, signal } = shown();
    const refusalOf = (other: RedisTarget) =>
      connector.connect(other, signal).then(
        () => 'connected',
        (error: unknown) => certificateRefusal(error),
      );
    expect(await refusalOf({ ...target, tls: { ...target.tls, caPem: strangerPem } })).toMatch(/^[A-Z_]+$/);
    expect(await refusalOf({ ...target, tls: { ...target.tls, serverName: 'another.default' } })).toMatch(/^[A-Z_]+$/);
    expect(await refusalOf({ ...target, port: serverPorts.plain + 100 })).toBeNull();
    expect(await refusalOf({ ...target, password: 'another' })).toBeNull();
  });

  it('is believed when it is pinned, whatever its name, as long as its chain holds', async () => {
    const { connector, target, certificatePem, strangerPem, signal } = shown();
    const { fingerprint256 } = new X509Certificate(certificatePem);
    const { caPem, serverName } = target.tls;
    const other = fingerprint256.replace(/^../, (byte) => (byte === 'AA' ? 'BB' : 'AA'));
    const show = (tls: ServerTrust): Promise<string> =>
      connector.presentedCertificate({ ...target, tls }, signal).then(
        () => 'shown',
        () => 'refused',
      );
    const pinned = { caPem, fingerprints256: [other, fingerprint256] };
    expect(await show({ caPem: strangerPem, serverName: 'another.default', pinned })).toBe('shown');
    // Not pinned, and of an authority that is trusted for pinned ones only.
    expect(await show({ caPem: strangerPem, serverName, pinned: { caPem, fingerprints256: [other] } })).toBe('refused');
    // Pinned, and nobody is trusted who signed it.
    const unsigned = { caPem: strangerPem, fingerprints256: [fingerprint256] };
    expect(await show({ caPem: strangerPem, serverName, pinned: unsigned })).toBe('refused');
    // One of ours beside others that are pinned.
    const beside = { caPem: strangerPem, fingerprints256: [other] };
    expect(await show({ caPem, serverName, pinned: beside })).toBe('shown');
    expect(await show({ caPem, serverName: 'another.default', pinned: beside })).toBe('refused');
  });
};
