import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths } from '#domain/server/names.js';
import type { CertificateSource } from '#domain/certificates/renewal.js';
import { faultPoints } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { forgetOperationSecret, findOperationSecret } from '#persistence/operation-secrets.js';
import { findOperation } from '#persistence/operations/read.js';
import type { OwnCertificateRow } from '#persistence/own-certificate-table.js';
import {
  forgetComingCertificate,
  forgetCurrentCertificate,
  ownCertificatesOf,
  publishComingCertificate,
  recordComingCertificate,
} from '#persistence/own-certificates.js';
import { onEachServer } from '../credentials/tree.js';
import { auditEvent } from '../requests/audit.js';
import type { AttemptContext } from '../run/context.js';
import { ownCertificateContext } from '../secrets/secret-box.js';
import { authorityFile } from '../server/files.js';
import { authoritiesOf } from '../server/own-certificate.js';
import { reachOf } from '../server/reach.js';
import { serverOf } from '../server/server.js';
import { requireTellableApart } from './tell-apart.js';
import { loadCertificate, noteCertificate, putCertificate } from './renew.js';

/** What an operator has sent, between the request and the first attempt. Sealed as a whole. */
export type SentCertificate = Omit<OwnCertificateRow, 'database_id' | 'state' | 'private_key_sealed' | 'not_after'> & {
  readonly not_after: string;
  readonly privateKeyPem: string;
};

export const sentContext = (operationId: string): string => `sent-certificate:${operationId}`;

export const sourceIn = ({ operation }: Pick<AttemptContext, 'operation'>): CertificateSource => {
  const { certificate } = operation.parameters;
  return certificate === 'own' || certificate === 'holdfast' ? certificate : 'recorded';
};

/** From here on Holdfast believes the server when it shows it. Errors: `certificate_key_gone`, `certificate_authority_ambiguous`. */
export const acceptOwn = (context: AttemptContext): Promise<void> =>
  context.write(async (tx) => {
    const { control, database, operation } = context;
    const sealed = await findOperationSecret(tx, operation.id);
    if (sealed === undefined) throw new HoldfastError('certificate_key_gone', 'The certificate that was sent is gone.');
    const {
      privateKeyPem,
      not_after: notAfter,
      ...sent
    } = JSON.parse(control.secrets.open(sealed, sentContext(operation.id))) as SentCertificate;
    // Others of the tree may have been brought since it was asked for.
    await requireTellableApart(tx, database.id, sent);
    await recordComingCertificate(tx, {
      ...sent,
      database_id: database.id,
      not_after: new Date(notAfter),
      private_key_sealed: control.secrets.seal(privateKeyPem, ownCertificateContext(database.id)),
    });
  });

/** Every server of the tree believes who signed the certificates that are shown in it, and those that will be. */
export const admitAuthorities = (context: AttemptContext): Promise<void> =>
  onEachServer(context, (there) => writeAuthorities(there, ['coming', 'current']));

/** And none that are not shown. */
export const settleAuthorities = (context: AttemptContext): Promise<void> =>
  onEachServer(context, (there) => writeAuthorities(there, ['current']));

const writeAuthorities = async (
  there: AttemptContext,
  states: readonly OwnCertificateRow['state'][],
): Promise<void> => {
  const { control, database, environment, engines, signal } = there;
  // One that is gone gets its files when it is made again.
  if ((await reachOf(there)) === 'gone') return;
  const { name } = serverOf(control, database, environment);
  const file = authorityFile(await authoritiesOf(there, states));
  await engines.containers.writeFiles(name, serverPaths.root, [file], signal);
  await faultPoints.reached('certificate:authorities-written');
  await loadCertificate(there);
};

export const writeWanted = (context: AttemptContext): Promise<void> => {
  const source = sourceIn(context);
  return putCertificate(context, source === 'own' ? 'coming' : source);
};

/** What is shown now is what is recorded. */
export const noteWanted = async (context: AttemptContext): Promise<void> => {
  const { database } = context;
  switch (sourceIn(context)) {
    case 'own':
      return noteCertificate(context, async (tx) => {
        const rows = await ownCertificatesOf(tx, [database.id]);
        const coming = rows.find(({ state }) => state === 'coming');
        if (!coming) throw new Error(`No certificate is coming for database ${database.id}`);
        await publishComingCertificate(tx, database.id);
        const { subject, fingerprint256, not_after: notAfter } = coming;
        await tell(context, tx, { by: 'operator', subject, fingerprint256, notAfter: notAfter.toISOString() });
      });
    case 'holdfast':
      return noteCertificate(context, async (tx) => {
        if ((await ownCertificatesOf(tx, [database.id])).length === 0) return;
        await forgetCurrentCertificate(tx, database.id);
        await tell(context, tx, { by: 'holdfast' });
      });
    case 'recorded':
      return noteCertificate(context);
  }
};

const tell = async (
  { control, database, environment, operation }: AttemptContext,
  tx: Tx,
  detail: Readonly<Record<string, string>>,
): Promise<void> => {
  const subject = { environmentId: environment.id, databaseId: database.id, operationId: operation.id };
  const event = auditEvent(control.now(), operation.requested_by, 'certificate.changed', subject, detail);
  await appendAudit(tx, event);
};

export const isNoted = async ({ control, operation }: AttemptContext): Promise<boolean> =>
  (await findOperation(control.db, operation.id))?.receipt?.['notAfter'] !== undefined;

/** The certificate that is recorded comes back, in the volume and at the server. Returns what could not be done. */
export const takeBack = async (context: AttemptContext): Promise<readonly string[]> => {
  if (!(await mayHaveWritten(context))) return [];
  const parts: [what: string, undo: () => Promise<void>][] = [
    ['the certificate in the volume', () => putCertificate(context, 'recorded')],
    ['the certificate at the server, until it restarts', () => loadCertificate(context)],
    ['the authorities of its replication tree', () => settleAuthorities(context)],
  ];
  const left: string[] = [];
  for (const [what, undo] of parts) {
    try {
      await undo();
    } catch (error) {
      left.push(`${what}: ${error instanceof HoldfastError ? error.detail : String(error)}`);
    }
  }
  return left;
};

const mayHaveWritten = async (context: AttemptContext): Promise<boolean> => {
  const source = sourceIn(context);
  if (source !== 'own') return source === 'holdfast';
  const rows = await ownCertificatesOf(context.control.db, [context.database.id]);
  return rows.some(({ state }) => state === 'coming');
};

/** However it ends, nothing of what was sent stays but what is recorded as current. */
export const forgetSent = async (tx: Tx, { database, operation }: AttemptContext): Promise<void> => {
  if (sourceIn({ operation }) === 'own') await forgetComingCertificate(tx, database.id);
  await forgetOperationSecret(tx, operation.id);
};
