import { decidePromote, type PromoteAction, type PromoteSituation } from '#domain/replication/decide-promote.js';
import { findDatabase } from '#persistence/databases.js';
import { findOperation } from '#persistence/operations/read.js';
import { awaitFormer, persist, repoint, tidy } from '../replication/after-promotion.js';
import { fence, giveBack, undoPromotion } from '../replication/fencing.js';
import { candidateIsNewer, formerIn, lossAllowedIn } from '../replication/parties.js';
import { progressOf } from '../replication/progress.js';
import { fenceSource, prepareCandidate, record, switchRoles, takeOver } from '../replication/promotion.js';
import { viewOf } from '../replication/view.js';
import { on, type AttemptContext } from '../run/context.js';
import { serverOf } from '../server/server.js';
import { openDoors } from './door-actions.js';
import type { KindHandler } from './kind.js';

const observe = async (context: AttemptContext, done: ReadonlySet<string>): Promise<PromoteSituation> => {
  const { control, database, environment, operation } = context;
  const former = formerIn(context);
  const [candidateRow, formerRow, { begun, moved }, candidate] = await Promise.all([
    findDatabase(control.db, database.id),
    findDatabase(control.db, former.id),
    progressOf(context),
    viewOf(context),
  ]);
  const recorded = candidateRow?.role === 'primary';
  return {
    recorded,
    formerRole: formerRow?.role ?? 'fenced',
    candidate,
    // Once everything is recorded, one that is gone would only be waited for, step by step.
    primary: recorded && candidate?.role === 'master' ? null : await viewOf(on(context, former)),
    candidateAddress: serverOf(control, database, environment).address,
    candidateNewer: await candidateIsNewer(context),
    allowedLoss: lossAllowedIn(context),
    keepsEveryWrite: former.persistence === 'aof',
    begun,
    moved,
    attempt: operation.attempt,
    done,
  };
};

/** Promotes the subject. The other databases are the primary and whoever else follows it. */
export const promote: KindHandler<PromoteSituation, PromoteAction> = {
  observe,
  decide: decidePromote,
  actions: {
    prepare: prepareCandidate,
    'fence-source': fenceSource,
    switch: switchRoles,
    'take-over': takeOver,
    'give-back': giveBack,
    record,
    fence,
    persist,
    repoint,
    'open-doors': openDoors,
    'await-link': awaitFormer,
    tidy,
  },
  compensate: undoPromotion,
  // Once the replica takes writes, that has to be in its file, and the former primary has to be fenced.
  perseveres: async (context) =>
    (await findDatabase(context.control.db, context.database.id))?.role === 'primary' ||
    (await progressOf(context)).moved,
  receipt: async ({ control, operation }) => (await findOperation(control.db, operation.id))?.receipt ?? {},
};
