import { X509Certificate } from 'node:crypto';
import { pemBlocks } from '#domain/certificates/pem.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { treeIndex } from '#persistence/drift.js';
import type { Tx } from '#persistence/connection.js';
import type { OwnCertificateRow } from '#persistence/own-certificate-table.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';

type Chain = Pick<OwnCertificateRow, 'chain_pem'>;

/**
 * While one certificate takes the place of another, a replication tree believes the authorities of both. OpenSSL looks for who signed a
 * certificate by name and key identifiers, and takes the first that fits: two authorities of one name and different keys have to have
 * identifiers, or a chain that is good is refused in the middle of the change. Errors: `certificate_authority_ambiguous`.
 */
export const requireTellableApart = async (tx: Tx, databaseId: string, brought: Chain): Promise<void> => {
  const believed = await ownCertificatesOf(tx, await treeIndex(tx, databaseId));
  const [ours, theirs] = [certificatesIn([brought]), certificatesIn(believed)];
  const confused = confusedIn(ours, theirs) ?? confusedIn(theirs, ours);
  if (!confused) return;
  const name = confused.subject.split('\n').join(', ');
  const detail = `The tree believes another authority "${name}" with another key, and not all that they signed says which key it was.`;
  throw new HoldfastError('certificate_authority_ambiguous', detail);
};

const certificatesIn = (chains: readonly Chain[]): readonly X509Certificate[] =>
  chains.flatMap(({ chain_pem: pem }) => pemBlocks(pem)).map(({ pem }) => new X509Certificate(pem));

/** An authority that OpenSSL would take for the one that signed a certificate, and that did not sign it. */
const confusedIn = (
  certificates: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate | undefined =>
  authorities.find((authority) =>
    certificates.some((one) => one.checkIssued(authority) && !one.verify(authority.publicKey)),
  );
