import { refuse, type Decision, type ObservedContainer } from '../operation/decide-server.js';
import { decidePromote, type PromoteAction, type PromoteSituation } from '../replication/decide-promote.js';
import type { UpgradeMethod } from './upgrade-target.js';

export type UpgradeAction =
  | 'check'
  | 'backup'
  | 'verify'
  | 'try'
  | 'replica'
  | 'replace'
  | 'reserve'
  | 'create'
  | 'start'
  | 'await-ready'
  | PromoteAction;

export interface UpgradeSituation {
  readonly method: UpgradeMethod;
  readonly operationId: string;
  /** Postgres has the subject in the wanted version. */
  readonly recorded: boolean;
  /** By this operation, in any of its attempts: what was proved once stays proved. */
  readonly verified: boolean;
  readonly backedUp: boolean;
  readonly tried: boolean;
  /** A replica of the subject is not there yet in the wanted version. */
  readonly replicasLeft: boolean;
  /** In place: the container of this operation was seen to be ready. */
  readonly replaced: boolean;
  /** By swap: an incarnation has its number and address. */
  readonly reserved: boolean;
  /** Its container. */
  readonly successor: ObservedContainer | null;
  /** The move of the role: the successor is the candidate, the server of today the primary. */
  readonly roles: PromoteSituation;
  readonly done: ReadonlySet<string>;
}

const finish = { next: 'finish' } as const;
const vanished = refuse('server_not_ready', 'The new server was stopped or removed while the operation ran.');

/**
 * Everything that can say no comes before anything is touched: a look at the host, a safety backup that was proved, a trial of the new
 * version with the settings, users and data. Then the replicas, since one may be newer than its source and never older; the subject last.
 */
export const decideUpgrade = (situation: UpgradeSituation): Decision<UpgradeAction> => {
  const { method, recorded, roles, reserved } = situation;
  if (method === 'swap' && recorded) return complete(situation);
  // Nobody takes writes any more, or somebody else does already: nothing else may come before that is settled.
  if (method === 'swap' && reserved && moving(roles)) return decidePromote(roles);
  if (method === 'in-place' && recorded) return replace(situation);
  const next = beforehand(situation);
  if (next) return { next };
  return method === 'swap' ? swap(situation) : replace(situation);
};

const moving = ({ begun, primary, candidate, done }: PromoteSituation): boolean =>
  begun || primary?.role === 'slave' || candidate?.role === 'master' || done.has('give-back');

const beforehand = ({ done, backedUp, verified, tried, replicasLeft }: UpgradeSituation): UpgradeAction | null => {
  if (!done.has('check')) return 'check';
  if (!backedUp) return 'backup';
  if (!verified) return 'verify';
  if (!tried) return 'try';
  return replicasLeft ? 'replica' : null;
};

/** Forward only: a version that was recorded is what the container is made from, however often. */
const replace = ({ replaced, recorded, replicasLeft, done }: UpgradeSituation): Decision<UpgradeAction> => {
  // After the record only a retry comes here with replicas that are not there yet.
  if (recorded && replicasLeft) return { next: 'replica' };
  if (!replaced) return { next: 'replace' };
  return done.has('await-ready') ? finish : { next: 'await-ready' };
};

/** A second server beside the first, and then its role. */
const swap = (situation: UpgradeSituation): Decision<UpgradeAction> => {
  const { reserved, successor, done, roles, operationId } = situation;
  if (!reserved) return { next: 'reserve' };
  if (successor && !successor.owned) {
    return refuse('name_taken_by_stranger', 'A container that is not ours has the name of the new server.');
  }
  const started = done.has('start') || done.has('await-link');
  if (!successor || successor.operationId !== operationId) {
    return done.has('create') || started ? vanished : { next: 'create' };
  }
  if (!successor.running) {
    if (started) return vanished;
    return { next: done.has('create') ? 'start' : 'create' };
  }
  return done.has('await-link') ? decidePromote(roles) : { next: 'await-link' };
};

/** As after a failover: what served before is fenced for good. Then the new server is looked at as its clients see it. */
const complete = ({ roles, done }: UpgradeSituation): Decision<UpgradeAction> => {
  const next = decidePromote(roles);
  if (next.next !== 'finish') return next;
  return done.has('await-ready') ? finish : { next: 'await-ready' };
};
