import { decideRename, type RenameAction } from '#domain/database/decide-rename.js';
import { findOperation } from '#persistence/operations/read.js';
import { checkCertificate, loadCertificate, noteCertificate, writeCertificate } from '../certificates/renew.js';
import { answerToHandles } from '../rename/answer-to.js';
import type { KindHandler } from './kind.js';

/** What carries the handle in reality becomes what the row says: the name on the network, and the certificate. */
export const rename: KindHandler<ReadonlySet<string>, RenameAction> = {
  observe: (_context, done) => Promise.resolve(done),
  decide: decideRename,
  actions: {
    'answer-to': answerToHandles,
    write: writeCertificate,
    load: loadCertificate,
    check: checkCertificate,
    note: noteCertificate,
  },
  // The row has the handle already, and a server that was parted from its network has to come back to it.
  perseveres: () => Promise.resolve(true),
  receipt: async ({ control, operation, database }) => ({
    ...(await findOperation(control.db, operation.id))?.receipt,
    handle: database.handle,
    formerHandles: database.former_handles,
  }),
};
