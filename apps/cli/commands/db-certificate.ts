import { Option } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { answer } from '../api/client.js';
import type { Database, Operation } from '../api/documents.js';
import { textOf } from '../backups/import-source.js';
import { findDatabase } from '../databases/reference.js';
import { sendConfirmed } from '../operations/change.js';
import { unlessDetached } from '../operations/outcome.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import type { Session } from '../session.js';
import { fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

interface Options extends ConfirmedOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly own?: boolean;
}

export const verb = defineVerb<Options, [string]>({
  summary: 'Show whose certificate a database has, bring one of your own, or go back to the one of Holdfast',
  operands: [databaseOperand()],
  options: confirmedOptions(
    new Option('--cert <file>', 'the certificate and all that signed it, up to the root, in PEM'),
    new Option('--key <file>', 'its private key in PEM, not encrypted'),
    new Option('--own', "back to Holdfast's own certificate"),
  ),
  fields: { certificatePem: '--cert', privateKeyPem: '--key' },
  notes: `Without a restart, and with no client noticing: connections that are open go on, new ones see the other certificate. Holdfast does not
renew one that you bring; the history tells before it ends. The handle is asked for when the certificate does not name the host of the
database's URLs. Replicas and primaries of its tree keep their own certificates: bring one for each.`,
  examples: [
    'holdfast db:certificate orders --cert chain.pem --key key.pem',
    'holdfast db:certificate orders --own',
    'holdfast db:certificate orders',
  ],
  async run(session, options, handle) {
    const { cert, key, own } = options;
    if ((cert === undefined) !== (key === undefined) || (own && cert !== undefined))
      throw new HoldfastError('wrong_usage', 'Give --cert and --key together, or --own alone.');
    const database = await findDatabase(session, handle, options);
    if (cert !== undefined && key !== undefined)
      return change(session, options, await bring(session, database, options));
    if (own) return change(session, options, await giveBack(session, database));
    return show(session, database);
  },
});

const bring = async (session: Session, database: Database, options: Options): Promise<Operation> => {
  const { cert = '', key = '', confirm } = options;
  const body = { certificatePem: await textOf(cert), privateKeyPem: await textOf(key) };
  return sendConfirmed(session, database, confirm, (confirmation) =>
    answer(
      session.api.PUT('/v1/databases/{id}/certificate', {
        params: { path: { id: database.id } },
        body: { ...body, ...confirmation },
      }),
    ),
  );
};

const giveBack = (session: Session, { id }: Database): Promise<Operation> =>
  answer(session.api.DELETE('/v1/databases/{id}/certificate', { params: { path: { id } } }));

const change = async (session: Session, options: Options, requested: Operation): Promise<void> => {
  const operation = await unlessDetached(session, requested, options);
  if (!operation) return;
  const { notAfter, serialNumber } = operation.receipt ?? {};
  session.terminal.print(operation, [`The certificate ${String(serialNumber)} is good until ${String(notAfter)}.`]);
};

const show = async (session: Session, { id }: Database): Promise<void> => {
  const found = await answer(session.api.GET('/v1/databases/{id}/certificate', { params: { path: { id } } }));
  session.terminal.print(
    found,
    fields({
      by: found.by === 'operator' ? 'an operator' : 'Holdfast',
      until: found.notAfter,
      subject: found.subject,
      names: found.names?.join(', ') ?? null,
      'SHA-256': found.fingerprint256,
    }),
  );
};
