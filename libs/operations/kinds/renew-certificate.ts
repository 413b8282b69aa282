import { decideRenew, type RenewAction } from '#domain/certificates/renewal.js';
import { findOperation } from '#persistence/operations/read.js';
import { checkCertificate, loadCertificate, noteCertificate, writeCertificate } from '../certificates/renew.js';
import type { KindHandler } from './kind.js';

/** A new certificate, loaded by the server that runs, with no client noticing. */
export const renewCertificate: KindHandler<ReadonlySet<string>, RenewAction> = {
  observe: (_context, done) => Promise.resolve(done),
  decide: decideRenew,
  actions: { write: writeCertificate, load: loadCertificate, check: checkCertificate, note: noteCertificate },
  receipt: async ({ control, operation }) => (await findOperation(control.db, operation.id))?.receipt ?? {},
};
