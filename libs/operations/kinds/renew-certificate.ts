import { decideRenew, type RenewAction, type RenewSituation } from '#domain/certificates/renewal.js';
import { findOperation } from '#persistence/operations/read.js';
import {
  acceptOwn,
  admitAuthorities,
  forgetSent,
  isNoted,
  noteWanted,
  settleAuthorities,
  sourceIn,
  takeBack,
  writeWanted,
} from '../certificates/install-own.js';
import { checkCertificate, loadCertificate } from '../certificates/renew.js';
import type { KindHandler } from './kind.js';

/** Another certificate, of Holdfast's or one that an operator has brought, loaded by the server that runs, with no client noticing. */
export const renewCertificate: KindHandler<RenewSituation, RenewAction> = {
  observe: async (context, done) => ({ source: sourceIn(context), noted: await isNoted(context), done }),
  decide: decideRenew,
  actions: {
    accept: acceptOwn,
    admit: admitAuthorities,
    write: writeWanted,
    load: loadCertificate,
    check: checkCertificate,
    note: noteWanted,
    settle: settleAuthorities,
  },
  compensate: async (context) => ((await isNoted(context)) ? [] : takeBack(context)),
  // Whom its tree believes has to fit what is shown.
  perseveres: isNoted,
  ended: (tx, context) => forgetSent(tx, context),
  receipt: async ({ control, operation }) => (await findOperation(control.db, operation.id))?.receipt ?? {},
};
