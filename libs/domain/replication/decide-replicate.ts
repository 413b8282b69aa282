import {
  decideProvision,
  refuse,
  type Decision,
  type ProvisionAction,
  type ServerSituation,
} from '../operation/decide-server.js';

export type ReplicateAction = ProvisionAction | 'admit' | 'await-link';

interface Size {
  readonly memoryMb: number;
  readonly diskGb: number;
}

export interface ReplicateSituation extends ServerSituation {
  readonly size: Size;
  /** As it is now: a change that was under way at the request has come to its end meanwhile. */
  readonly sourceSize: Size;
}

/** A provision whose source lets it in before its server starts, and that is done only when it holds what the source holds. */
export const decideReplicate = (situation: ReplicateSituation): Decision<ReplicateAction> => {
  const { done, size, sourceSize } = situation;
  if (size.memoryMb < sourceSize.memoryMb || size.diskGb < sourceSize.diskGb) {
    const grown = `${sourceSize.memoryMb} MB of memory and ${sourceSize.diskGb} GB of disk`;
    return refuse('replica_too_small', `The source has grown to ${grown} since the replica was asked for.`);
  }
  const decision = decideProvision(situation);
  if (decision.next === 'create' || decision.next === 'start' || decision.next === 'open-doors') {
    return done.has('admit') ? decision : { next: 'admit' };
  }
  if (decision.next === 'finish' && !done.has('await-link')) return { next: 'await-link' };
  return decision;
};
