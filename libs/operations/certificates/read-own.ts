import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { ownCertificateBounds, type CertificateFacts } from '#domain/certificates/own-certificate.js';
import { pemBlocks } from '#domain/certificates/pem.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

export interface Upload {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A certificate with whoever signed it, up to the root, and its key. */
export interface OwnChain {
  readonly certificates: readonly [leaf: X509Certificate, ...authorities: X509Certificate[]];
  /** PKCS#8 in PEM, whatever it came as. */
  readonly privateKeyPem: string;
}

/**
 * The server's certificate is the one that the key fits; the order of the file does not count. Errors: `certificate_unreadable`,
 * `certificate_key_encrypted`, `certificate_key_mismatch`, `certificate_chain_incomplete`.
 */
export const readOwnChain = ({ certificatePem, privateKeyPem }: Upload): OwnChain => {
  const certificates = readCertificates(certificatePem);
  const key = readPrivateKey(privateKeyPem);
  const leaf = certificates.find((one) => one.checkPrivateKey(key));
  if (!leaf) throw new HoldfastError('certificate_key_mismatch', 'The private key fits none of the certificates.');
  return {
    certificates: [leaf, ...authoritiesOver(leaf, certificates)],
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const readCertificates = (text: string): readonly X509Certificate[] => {
  const blocks = pemBlocks(text);
  const { certificates: most } = ownCertificateBounds;
  if (blocks.some(({ label }) => label !== 'CERTIFICATE')) throw unreadable('has something else than certificates');
  if (blocks.length === 0) throw unreadable('has no certificate in PEM');
  if (blocks.length > most) throw unreadable(`has ${blocks.length} certificates; ${most} are taken`);
  return blocks.map(({ pem }, at) => {
    try {
      return new X509Certificate(pem);
    } catch (cause) {
      throw unreadable(`has a certificate (number ${at + 1}) that cannot be read`, cause);
    }
  });
};

/** OpenSSL writes the curve in a block of its own before the key. */
const readPrivateKey = (text: string): KeyObject => {
  const keys = pemBlocks(text).filter(({ label }) => label.endsWith('PRIVATE KEY'));
  // Its headers have hyphens of their own, which no block of today has.
  if (/ENCRYPTED/.test(text.slice(0, ownCertificateBounds.privateKeyCharacters))) {
    throw new HoldfastError('certificate_key_encrypted', 'The private key is encrypted.');
  }
  const [key] = keys;
  if (!key || keys.length > 1) throw unreadableKey();
  try {
    return createPrivateKey(key.pem);
  } catch {
    // What OpenSSL says of it stays here: nothing of a key is to be shown.
    throw unreadableKey();
  }
};

const authoritiesOver = (leaf: X509Certificate, known: readonly X509Certificate[]): X509Certificate[] => {
  const chain: X509Certificate[] = [];
  for (let last = leaf; !signedBy(last, last);) {
    const issuer = known.find((one) => one !== last && !chain.includes(one) && signedBy(last, one));
    if (!issuer) throw incomplete(`Who signed "${oneLine(last.subject)}" is missing: "${oneLine(last.issuer)}".`);
    chain.push(issuer);
    last = issuer;
  }
  if (chain.length > 0) return chain;
  throw incomplete(
    `The certificate "${oneLine(leaf.subject)}" has signed itself: no client can be told to believe it.`,
  );
};

const signedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

export const factsOf = (certificate: X509Certificate): CertificateFacts => {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  return {
    subject: oneLine(certificate.subject),
    names: namesIn(certificate.subjectAltName ?? ''),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    isAuthority: certificate.ca,
    usages: usagesOf(certificate),
    key: {
      type: asymmetricKeyType ?? 'unknown',
      bits: asymmetricKeyDetails?.modulusLength ?? null,
      curve: asymmetricKeyDetails?.namedCurve ?? null,
    },
  };
};

/** Node calls the extended ones so, and has nothing for a certificate without them. */
const usagesOf = ({ keyUsage }: { readonly keyUsage?: readonly string[] }): readonly string[] | null =>
  keyUsage ?? null;

/** Whether a client that dials this host accepts the certificate. The common name is no name of a host any more. */
export const isFor = (certificate: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined;

/** Node puts quotes around what could be taken for two names; those are no host names. */
const namesIn = (alternativeNames: string): readonly string[] =>
  alternativeNames
    .split(', ')
    .map((name) => /^(?:DNS|IP Address):([^"]+)$/.exec(name)?.[1])
    .filter((name) => name !== undefined);

/** Node sets one part of a name on each line. */
const oneLine = (name: string): string => name.split('\n').join(', ');

const unreadable = (what: string, cause?: unknown): HoldfastError =>
  new HoldfastError('certificate_unreadable', `certificatePem ${what}.`, { cause });

const unreadableKey = (): HoldfastError =>
  new HoldfastError('certificate_unreadable', 'privateKeyPem has no private key in PEM that can be read, or several.');

const incomplete = (detail: string): HoldfastError => new HoldfastError('certificate_chain_incomplete', detail);
