import { refuse, type Decision } from '../operation/decide-server.js';

export interface VerifySituation {
  /** A throw-away container or volume of this operation is there. */
  readonly exists: boolean;
  readonly done: ReadonlySet<string>;
}

export type VerifyAction = 'remove' | 'prepare' | 'create' | 'load' | 'start' | 'compare';

const chain: readonly VerifyAction[] = ['prepare', 'create', 'load', 'start', 'compare'];

/** Each attempt begins with nothing, since what one that died has put in may be half of it, and ends with nothing. */
export const decideVerify = ({ exists, done }: VerifySituation): Decision<VerifyAction> => {
  if (done.has('compare')) return exists ? { next: 'remove' } : { next: 'finish' };
  if (exists && !done.has('prepare')) return { next: 'remove' };
  if (!exists && done.has('prepare')) {
    return refuse('server_not_ready', 'The throw-away server was removed while the verification ran.');
  }
  return { next: chain.find((action) => !done.has(action)) ?? 'compare' };
};
