import { HoldfastError } from '../errors/holdfast-error.js';

const day = 24 * 3_600_000;

/** Of what an operator brings. */
export const ownCertificateBounds = {
  certificateCharacters: 65_536,
  privateKeyCharacters: 16_384,
  certificates: 10,
  /** Fewer are no use: the sweep would warn of its end at once. */
  daysLeft: 7,
  rsaBits: { minimum: 2048, maximum: 8192 },
} as const;

/** Node's names of them: P-256, P-384, P-521. Others are known to too few clients. */
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const serverAuthentication = '1.3.6.1.5.5.7.3.1';

export interface PublicKeyFacts {
  /** As Node calls it: `rsa`, `ec`, `ed25519`, … */
  readonly type: string;
  readonly bits: number | null;
  readonly curve: string | null;
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  readonly subject: string;
  /** DNS names and addresses among the subject's alternative names. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isAuthority: boolean;
  /** Object identifiers; null when it says nothing of what it may be used for, and so allows everything. */
  readonly usages: readonly string[] | null;
  readonly key: PublicKeyFacts;
}

/**
 * A server may show this chain: the server's certificate first, the root last. Errors: `certificate_not_current`, `certificate_unsuitable`,
 * `certificate_names_missing`.
 */
export const requireUsable = (chain: readonly CertificateFacts[], now: Date): void => {
  const [leaf] = chain;
  if (!leaf) throw new Error('A chain has certificates');
  for (const one of chain) {
    requireCurrent(one, now);
    requireStrongKey(one);
  }
  if (leaf.isAuthority) throw unsuitable(leaf, 'is that of an authority, not of a server');
  if (leaf.usages !== null && !leaf.usages.includes(serverAuthentication)) {
    throw unsuitable(leaf, 'is not for servers: serverAuth is missing from its extended key usage');
  }
  if (leaf.names.length > 0) return;
  const detail = `The certificate ${named(leaf)} has no subject alternative names; clients look at nothing else.`;
  throw new HoldfastError('certificate_names_missing', detail);
};

/** The first moment at which one of them is over. */
export const endOfChain = (chain: readonly Pick<CertificateFacts, 'notAfter'>[]): Date =>
  new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime())));

const requireCurrent = (certificate: CertificateFacts, now: Date): void => {
  const { notBefore, notAfter } = certificate;
  const refuse = (what: string): HoldfastError =>
    new HoldfastError('certificate_not_current', `The certificate ${named(certificate)} ${what}.`);
  if (notBefore > now) throw refuse(`begins only at ${notBefore.toISOString()}`);
  if (notAfter <= now) throw refuse(`has ended at ${notAfter.toISOString()}`);
  if (notAfter.getTime() - now.getTime() >= ownCertificateBounds.daysLeft * day) return;
  throw refuse(`ends at ${notAfter.toISOString()}: fewer than ${ownCertificateBounds.daysLeft} days are left`);
};

const requireStrongKey = (certificate: CertificateFacts): void => {
  const { type, bits, curve } = certificate.key;
  const { minimum, maximum } = ownCertificateBounds.rsaBits;
  if (type === 'ec' && curves.has(curve ?? '')) return;
  if (type === 'rsa' && bits !== null && bits >= minimum && bits <= maximum) return;
  const found = [type.toUpperCase(), bits === null ? curve : `${bits} bits`].filter((part) => part !== null).join(', ');
  const wanted = `RSA of ${minimum} to ${maximum} bits, P-256, P-384 and P-521 are taken`;
  throw unsuitable(certificate, `has a key that is not taken (${found}): ${wanted}`);
};

const unsuitable = (certificate: CertificateFacts, what: string): HoldfastError =>
  new HoldfastError('certificate_unsuitable', `The certificate ${named(certificate)} ${what}.`);

const named = ({ subject }: CertificateFacts): string => (subject === '' ? 'without a subject' : `"${subject}"`);
