import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { PinnedCertificates } from '../../ports/redis-node.js';
import { FakeReplyError } from './reply-error.js';

/** How a client verifies a server. */
export interface FakeTrust {
  readonly caPem: string;
  readonly serverName: string | null;
  readonly pinned?: PinnedCertificates;
}

/** The certificate of a server: read with its key when the process starts and when it is told to, and shown until then. */
export class FakeTls {
  private certificate: X509Certificate | null;

  constructor(private readonly read: (setting: 'tls-cert-file' | 'tls-key-file') => Buffer | null) {
    this.certificate = this.pair();
  }

  /** Only a certificate and the key that belongs to it are taken; otherwise the former one is shown on. */
  reload(version: string): void {
    const found = this.pair();
    if (found === null) {
      const what = version.startsWith('6.')
        ? "ERR Invalid argument for CONFIG SET 'tls-cert-file'"
        : "ERR CONFIG SET failed (possibly related to argument 'tls-cert-file')";
      throw new FakeReplyError(`${what} - Unable to update TLS configuration. Check server logs.`);
    }
    this.certificate = found;
  }

  /** What a client sees that verifies it so; null when it does not accept it. */
  shownTo({ caPem, serverName, pinned }: FakeTrust): X509Certificate | null {
    const { certificate } = this;
    if (certificate === null) return null;
    const isPinned = pinned?.fingerprints256.includes(certificate.fingerprint256) ?? false;
    if (isPinned) return isSigned(certificate, pinned?.caPem ?? '') ? certificate : null;
    return isNamed(certificate, serverName) && isSigned(certificate, caPem) ? certificate : null;
  }

  private pair(): X509Certificate | null {
    const [pem, key] = [this.read('tls-cert-file'), this.read('tls-key-file')];
    if (pem === null || key === null) return null;
    try {
      const certificate = new X509Certificate(pem);
      return certificate.checkPrivateKey(createPrivateKey(key)) ? certificate : null;
    } catch {
      // No certificate, or no key.
      return null;
    }
  }
}

const isSigned = (certificate: X509Certificate, caPem: string): boolean => {
  const issuers = caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return issuers.some((pem) => certificate.verify(new X509Certificate(pem).publicKey));
};

const isNamed = (certificate: X509Certificate, name: string | null): boolean => {
  if (name === null) return true;
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
};
