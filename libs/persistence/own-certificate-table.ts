import type { Selectable } from 'kysely';

/** A certificate that an operator has brought for a database. */
export interface OwnCertificateTable {
  database_id: string;
  state: 'coming' | 'current';
  /** The server's certificate first, then who signed it, up to the root. */
  chain_pem: string;
  private_key_sealed: string;
  subject: string;
  /** DNS names and addresses. */
  names: string[];
  /** SHA-256 of the server's certificate, as `X509Certificate.fingerprint256`. */
  fingerprint256: string;
  not_after: Date;
}

export type OwnCertificateRow = Selectable<OwnCertificateTable>;
