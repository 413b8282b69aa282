import { partsOfChain } from '#domain/certificates/pem.js';
import type { KeyPair } from '#engine/ports/certificate-authority.js';
import type { PinnedCertificates } from '#engine/ports/redis-node.js';
import { treeIndex } from '#persistence/drift.js';
import type { OwnCertificateRow } from '#persistence/own-certificate-table.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import type { AttemptContext } from '../run/context.js';
import { ownCertificateContext } from '../secrets/secret-box.js';
import { issueCertificate } from './material.js';
import type { Server } from './server.js';

/** Certificates that operators have brought: what a server shows in place of Holdfast's, and whom others have to believe then. */

/** All of them of one database: one that comes may be shown already, and one that goes may be shown still. */
export const pinnedBy = (rows: readonly OwnCertificateRow[]): PinnedCertificates | undefined =>
  rows.length === 0
    ? undefined
    : { caPem: authoritiesIn(rows).join(''), fingerprints256: rows.map(({ fingerprint256 }) => fingerprint256) };

const authoritiesIn = (rows: readonly OwnCertificateRow[]): readonly string[] => [
  ...new Set(rows.flatMap(({ chain_pem: chainPem }) => partsOfChain(chainPem).authorities)),
];

/** Which certificate a server is given: what is recorded, the one that comes, or one of Holdfast's whatever is recorded. */
export type Wanted = 'recorded' | 'coming' | 'holdfast';

/** What a server shows, and until when that is good. */
export const certificateOf = async (
  context: AttemptContext,
  server: Server,
  wanted: Wanted = 'recorded',
): Promise<{ readonly keyPair: KeyPair; readonly notAfter: Date }> => {
  const { control, database } = context;
  const state = wanted === 'coming' ? 'coming' : 'current';
  const rows = wanted === 'holdfast' ? [] : await ownCertificatesOf(control.db, [database.id]);
  const row = rows.find((one) => one.state === state);
  if (!row) return issueCertificate(context, server);
  const privateKeyPem = control.secrets.open(row.private_key_sealed, ownCertificateContext(database.id));
  const certificatePem = partsOfChain(row.chain_pem).shownPem;
  return { keyPair: { certificatePem, privateKeyPem }, notAfter: row.not_after };
};

/**
 * Whom a server believes: the installation's authority, and those of the certificates that any server of its replication tree shows, so that it
 * can follow each of them. `states` says whether those count that are not shown yet.
 */
export const authoritiesOf = async (
  { control, database, installation }: Pick<AttemptContext, 'control' | 'database' | 'installation'>,
  states: readonly OwnCertificateRow['state'][] = ['coming', 'current'],
): Promise<string> => {
  const rows = await ownCertificatesOf(control.db, await treeIndex(control.db, database.id));
  const counted = rows.filter(({ state }) => states.includes(state));
  return [installation.ca_certificate_pem, ...authoritiesIn(counted)].join('');
};
