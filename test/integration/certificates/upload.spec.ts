import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ownCertificateBounds } from '#domain/certificates/own-certificate.js';
import { partsOfChain } from '#domain/certificates/pem.js';
import { makeOwnChain, type LeafWishes, type OwnChain } from '../../support/own-chain.js';
import { checkUpload } from '#operations/requests/request-certificate.js';

const clock = { now: () => new Date() };
const check = (upload: { certificatePem: string; privateKeyPem: string }) => checkUpload(clock, upload);

let good: OwnChain;
beforeAll(async () => {
  good = await makeOwnChain({ dnsNames: ['redis.example.com', '*.cache.example.com'], ipAddresses: ['192.0.2.7'] });
});

describe('a certificate that an operator brings', () => {
  it('is taken with its chain, whatever the order of the file, and its key in whatever form', async () => {
    const { leafPem, intermediatePem, rootPem, privateKeyPem } = good;
    const sec1 = createPrivateKey(privateKeyPem).export({ type: 'sec1', format: 'pem' }).toString();
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const text = `About: the root\r\n${rootPem.replaceAll('\n', '\r\n')}and the rest\n${leafPem}${intermediatePem}`;
    const { sent } = await check({ certificatePem: text, privateKeyPem: parameters + sec1 });
    const plain = await check(good);
    expect(sent).toEqual(plain.sent);
    expect(sent).toMatchObject({ subject: 'CN=redis.example.com', privateKeyPem });
    expect(sent.names).toEqual(['redis.example.com', '*.cache.example.com', '192.0.2.7']);
    expect(partsOfChain(sent.chain_pem)).toEqual({
      shownPem: leafPem + intermediatePem,
      authorities: [intermediatePem, rootPem],
    });
  });

  it('is for the names that clients find in it, and not for its common name', async () => {
    const { isFor } = await check(good);
    expect(['redis.example.com', 'a.cache.example.com', '192.0.2.7'].map(isFor)).toEqual([true, true, true]);
    expect(['example.com', 'a.b.cache.example.com', '192.0.2.8', '127.0.0.1'].map(isFor)).toEqual(Array(4).fill(false));
    const other = await check(await makeOwnChain({ dnsNames: ['other.example.com'], commonName: 'redis.example.com' }));
    expect(other.isFor('redis.example.com')).toBe(false);
  });

  it('ends when the first of its chain does', async () => {
    const { sent } = await check(await makeOwnChain({ ends: 90, intermediateEnds: 30 }));
    expect(Math.round((Date.parse(sent.not_after) - Date.now()) / 86_400_000)).toBe(30);
  });

  it.each<[string, LeafWishes]>([
    ['an RSA key', { key: { rsaBits: 2048 } }],
    ['no word of its usage', { usages: null }],
  ])('may have %s', async (_what, wishes) => {
    expect((await check(await makeOwnChain(wishes))).sent.subject).toBe('CN=redis.example.com');
  });

  it.each<[string, string, LeafWishes, RegExp]>([
    ['has ended', 'certificate_not_current', { begins: -30, ends: -1 }, /has ended/],
    ['has not begun', 'certificate_not_current', { begins: 1 }, /begins only at/],
    ['ends soon', 'certificate_not_current', { ends: 6 }, /fewer than 7 days/],
    ['was signed by one that ends soon', 'certificate_not_current', { intermediateEnds: 3 }, /Operator Servers/],
    ['is for clients', 'certificate_unsuitable', { usages: ['1.3.6.1.5.5.7.3.2'] }, /serverAuth/],
    ['is that of an authority', 'certificate_unsuitable', { isAuthority: true }, /authority/],
    ['has a short key', 'certificate_unsuitable', { key: { rsaBits: 1024 } }, /RSA, 1024 bits/],
    ['has a weak curve', 'certificate_unsuitable', { key: 'secp224r1' }, /EC, secp224r1/],
    ['has a weak signature', 'certificate_unsuitable', { hash: 'SHA-1' }, /does not accept the chain/],
    ['was signed by one that must not', 'certificate_unsuitable', { intermediateSigns: false }, /INVALID_/],
    ['has no names', 'certificate_names_missing', { dnsNames: [] }, /alternative names/],
  ])('that %s is refused: %s', async (_what, code, wishes, detail) => {
    const upload = await makeOwnChain(wishes);
    await expect(check(upload)).rejects.toMatchObject({ code, detail: expect.stringMatching(detail) });
  });

  it('without one of its chain is refused, with the name of what is missing', async () => {
    const { leafPem, intermediatePem, rootPem, privateKeyPem } = good;
    for (const [certificatePem, missing] of [
      [leafPem + intermediatePem, 'CN=Operator Root'],
      [leafPem + rootPem, 'CN=Operator Servers'],
      [leafPem, 'CN=Operator Servers'],
    ] as const) {
      await expect(check({ certificatePem, privateKeyPem })).rejects.toMatchObject({
        code: 'certificate_chain_incomplete',
        detail: expect.stringContaining(`"${missing}"`),
      });
    }
  });

  it('that only has the name of its issuer is not taken for signed by it', async () => {
    const { rootPem, intermediatePem } = await makeOwnChain();
    const certificatePem = good.leafPem + intermediatePem + rootPem;
    await expect(check({ ...good, certificatePem })).rejects.toMatchObject({ code: 'certificate_chain_incomplete' });
  });

  it('with the key of another one is refused', async () => {
    const { privateKeyPem } = await makeOwnChain();
    await expect(check({ ...good, privateKeyPem })).rejects.toMatchObject({ code: 'certificate_key_mismatch' });
  });

  it('with an encrypted key is refused, and says how to get rid of that', async () => {
    const key = createPrivateKey(good.privateKeyPem);
    const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' };
    for (const form of [
      { ...cipher, type: 'pkcs8', format: 'pem' } as const,
      { ...cipher, type: 'sec1', format: 'pem' } as const,
    ]) {
      const privateKeyPem = key.export(form).toString();
      await expect(check({ ...good, privateKeyPem })).rejects.toMatchObject({ code: 'certificate_key_encrypted' });
    }
  });

  it.each(['', 'no PEM', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])(
    'with %j for a key is refused, and the key is not shown',
    async (privateKeyPem) => {
      const refused = check({ ...good, privateKeyPem });
      await expect(refused).rejects.toMatchObject({ code: 'certificate_unreadable' });
      await expect(refused).rejects.not.toMatchObject({ detail: expect.stringContaining('AAAA') });
    },
  );

  it('with two keys, or with a key among the certificates, is refused', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const two = good.privateKeyPem + other.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const upload of [
      { ...good, privateKeyPem: two },
      { ...good, certificatePem: good.certificatePem + good.privateKeyPem },
      { ...good, certificatePem: '' },
      { ...good, certificatePem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
      { ...good, certificatePem: good.rootPem.repeat(ownCertificateBounds.certificates + 1) },
    ]) {
      await expect(check(upload)).rejects.toMatchObject({ code: 'certificate_unreadable' });
    }
  });

  it('that has signed itself is refused', async () => {
    const { rootPem: certificatePem, rootKeyPem: privateKeyPem } = good;
    await expect(check({ certificatePem, privateKeyPem })).rejects.toMatchObject({
      ...{ code: 'certificate_chain_incomplete', detail: expect.stringContaining('has signed itself') },
    });
  });
});
