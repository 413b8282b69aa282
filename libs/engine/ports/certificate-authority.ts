/** An X.509 key pair in PEM. The private key is PKCS#8. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export interface ServerCertificateRequest {
  /** DNS names and IP addresses that clients verify; the first one is the subject's common name. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface CertificateAuthority {
  /** A new self-signed authority of an installation, ECDSA P-256. */
  createAuthority(name: string, notBefore: Date, notAfter: Date): Promise<KeyPair>;
  issue(authority: KeyPair, request: ServerCertificateRequest): Promise<KeyPair>;
}
