import { randomBytes, webcrypto } from 'node:crypto';
// x509 keeps its algorithms in a container that needs it.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { CertificateAuthority, KeyPair, ServerCertificateRequest } from '../ports/certificate-authority.js';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;
const privateKeyTag = 'PRIVATE KEY';
const serialBytes = 16;

/** Certificates by WebCrypto: no program is started and no key ever lies in a file of ours on the way. */
export class X509CertificateAuthority implements CertificateAuthority {
  async createAuthority(name: string, notBefore: Date, notAfter: Date): Promise<KeyPair> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      keys,
      name: commonName(name),
      serialNumber: serialNumber(),
      notBefore,
      notAfter,
      signingAlgorithm,
      extensions: await authorityExtensions(keys.publicKey),
    });
    return pem(certificate, keys.privateKey);
  }

  async issue(authority: KeyPair, request: ServerCertificateRequest): Promise<KeyPair> {
    const issuer = new X509Certificate(authority.certificatePem);
    const [keys, signingKey] = await Promise.all([generateKeys(), importSigningKey(authority.privateKeyPem)]);
    const certificate = await X509CertificateGenerator.create({
      publicKey: keys.publicKey,
      signingKey,
      subject: commonName(request.dnsNames[0] ?? request.ipAddresses[0] ?? ''),
      issuer: issuer.subjectName.toJSON(),
      serialNumber: serialNumber(),
      notBefore: request.notBefore,
      notAfter: request.notAfter,
      signingAlgorithm,
      extensions: await serverExtensions(issuer, keys.publicKey, request),
    });
    return pem(certificate, keys.privateKey);
  }
}

const authorityExtensions = async (publicKey: webcrypto.CryptoKey): Promise<Extension[]> => [
  // Path length 0: it signs servers, never another authority.
  new BasicConstraintsExtension(true, 0, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  await SubjectKeyIdentifierExtension.create(publicKey),
];

/** For clients as well: a replica is a client of its primary. */
const serverExtensions = async (
  issuer: X509Certificate,
  publicKey: webcrypto.CryptoKey,
  { dnsNames, ipAddresses }: ServerCertificateRequest,
): Promise<Extension[]> => [
  new BasicConstraintsExtension(false, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
  new SubjectAlternativeNameExtension([
    ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...ipAddresses.map((value) => ({ type: 'ip', value }) as const),
  ]),
  await SubjectKeyIdentifierExtension.create(publicKey),
  await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
];

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);

const importSigningKey = (privateKeyPem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(privateKeyPem), keyAlgorithm, false, ['sign']);

const pem = async (certificate: X509Certificate, privateKey: webcrypto.CryptoKey): Promise<KeyPair> => ({
  certificatePem: `${certificate.toString('pem')}\n`,
  privateKeyPem: `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), privateKeyTag)}\n`,
});

/** As a structure, not as text: no character of a name has a meaning then. */
const commonName = (name: string): { CN: string[] }[] => [{ CN: [name] }];

/** Positive, never zero, and within the 20 bytes of RFC 5280. */
const serialNumber = (): string => {
  const bytes = randomBytes(serialBytes);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
};
