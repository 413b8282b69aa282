import {
  decideProvision,
  type Decision,
  type ProvisionAction,
  type ServerSituation,
} from '../operation/decide-server.js';

export type ReplicateAction = ProvisionAction | 'admit' | 'await-link';

/** A provision whose source lets it in before its server starts, and that is done only when it holds what the source holds. */
export const decideReplicate = (situation: ServerSituation): Decision<ReplicateAction> => {
  const { done } = situation;
  const decision = decideProvision(situation);
  if (decision.next === 'create' || decision.next === 'start' || decision.next === 'open-doors') {
    return done.has('admit') ? decision : { next: 'admit' };
  }
  if (decision.next === 'finish' && !done.has('await-link')) return { next: 'await-link' };
  return decision;
};
