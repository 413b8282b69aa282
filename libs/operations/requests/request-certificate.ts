import { endOfChain, requireUsable } from '#domain/certificates/own-certificate.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Tx } from '#persistence/connection.js';
import { keepOperationSecret } from '#persistence/operation-secrets.js';
import { currentOwnCertificate } from '#persistence/own-certificates.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { sentContext, type SentCertificate } from '../certificates/install-own.js';
import { proveChain } from '../certificates/prove-chain.js';
import { factsOf, isFor, readOwnChain, type Upload } from '../certificates/read-own.js';
import { requireTellableApart } from '../certificates/tell-apart.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';
import { requireConfirmation } from './require-confirmation.js';
import { othersInTree } from './request-rotation.js';

/** A certificate that clients of today accept, whatever database it is for. */
export interface CheckedCertificate {
  readonly sent: SentCertificate;
  readonly isFor: (host: string) => boolean;
}

/**
 * Errors: `certificate_unreadable`, `certificate_key_encrypted`, `certificate_key_mismatch`, `certificate_chain_incomplete`,
 * `certificate_not_current`, `certificate_unsuitable`, `certificate_names_missing`.
 */
export const checkUpload = async (control: Pick<Control, 'now'>, upload: Upload): Promise<CheckedCertificate> => {
  const { certificates, privateKeyPem } = readOwnChain(upload);
  const facts = certificates.map(factsOf);
  requireUsable(facts, control.now());
  const chainPem = certificates.map((one) => one.toString()).join('');
  await proveChain(chainPem, privateKeyPem);
  const [leaf] = certificates;
  const { subject = '', names = [] } = facts[0] ?? {};
  return {
    isFor: (host) => isFor(leaf, host),
    sent: {
      ...{ chain_pem: chainPem, privateKeyPem, subject, names: [...names], fingerprint256: leaf.fingerprint256 },
      not_after: endOfChain(facts).toISOString(),
    },
  };
};

/**
 * Records that a database is to show a certificate that an operator has brought. The key is kept apart and sealed. Errors: `database_not_ready`,
 * `certificate_authority_ambiguous`, `confirmation_required` when the URLs of the database name another host than the certificate.
 */
export const requestOwnCertificate = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { sent, isFor: covers }: CheckedCertificate,
  confirm: string | undefined,
): Promise<OperationRow> => {
  const others = await othersInTree(tx, database);
  requireReady(database);
  await requireTellableApart(tx, database.id, sent);
  if (!covers(control.advertisedHost)) {
    requireConfirmation(
      database,
      confirm,
      `The certificate is for ${sent.names.join(', ')}, and the URLs of this database name ${control.advertisedHost}: clients that take those will not accept it.`,
    );
  }
  const { subject, names, fingerprint256, not_after: notAfter } = sent;
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'renew-certificate', database, actor, others, parameters: { certificate: 'own' } },
    auditDetail: { certificate: 'own', subject, names, fingerprint256, notAfter },
  });
  await keepOperationSecret(tx, operation.id, control.secrets.seal(JSON.stringify(sent), sentContext(operation.id)));
  return operation;
};

/** Records that a database is to show a certificate of Holdfast again. Errors: `database_not_ready`, `certificate_not_own`. */
export const requestHoldfastCertificate = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
): Promise<OperationRow> => {
  const others = await othersInTree(tx, database);
  requireReady(database);
  if (!(await currentOwnCertificate(tx, database.id))) {
    throw new HoldfastError('certificate_not_own', `No operator has brought a certificate for "${database.handle}".`);
  }
  const parameters = { certificate: 'holdfast' };
  return recordOperation(control, tx, {
    ...{ kind: 'renew-certificate', database, actor, others, parameters, auditDetail: parameters },
  });
};

/** Records that a database gets a new certificate of Holdfast. Errors: `certificate_is_own`. */
export const requestRenewal = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
): Promise<OperationRow> => {
  const own = await currentOwnCertificate(tx, database.id);
  if (own) {
    const detail = `The certificate "${own.subject}" of "${database.handle}" can only be replaced.`;
    throw new HoldfastError('certificate_is_own', detail);
  }
  return recordOperation(control, tx, { kind: 'renew-certificate', database, actor, parameters: {} });
};

const requireReady = ({ status, handle }: DatabaseRow): void => {
  if (status === 'provisioned') return;
  throw new HoldfastError('database_not_ready', `The database "${handle}" is ${status}.`);
};
