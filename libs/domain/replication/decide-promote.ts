import { refuse, type Decision } from '../operation/decide-server.js';
import { mayLose } from './promotion-mode.js';
import { bytesBehind, startedAnew, type ServerView } from './server-view.js';

export type PromoteAction =
  | 'prepare'
  | 'fence-source'
  | 'switch'
  | 'take-over'
  | 'give-back'
  | 'record'
  | 'fence'
  | 'persist'
  | 'repoint'
  | 'open-doors'
  | 'await-link'
  | 'tidy';

export interface PromoteSituation {
  /** Whether Postgres has the candidate as the primary already. */
  readonly recorded: boolean;
  /** What the former primary is recorded as, once the promotion is. */
  readonly formerRole: 'primary' | 'replica' | 'fenced';
  /** Null when the server does not answer. */
  readonly candidate: ServerView | null;
  readonly primary: ServerView | null;
  readonly candidateAddress: string;
  /** It runs a newer version than the primary, which is to follow it and could not read its data. */
  readonly candidateNewer: boolean;
  /** Null means any number of bytes may be lost. */
  readonly allowedLoss: number | null;
  /** Both servers have what they answered for after a crash of their process (mode `aof`). */
  readonly keepsEveryWrite: boolean;
  /** An attempt of this operation has begun to move the role. */
  readonly begun: boolean;
  /** It is certain that this operation made the candidate take writes, and it has not given the role back since. */
  readonly moved: boolean;
  readonly attempt: number;
  /** In the order in which they were done last. */
  readonly done: ReadonlySet<string>;
}

const finish = { next: 'finish' } as const;

const wouldLose = (detail: string): ReturnType<typeof refuse> => refuse('promotion_would_lose_writes', detail);
const tooNew = refuse('replica_newer', 'The replica runs a newer version than the primary, which could not follow it.');
const unknownLoss =
  'The primary does not answer Holdfast, so nobody can tell which of its last writes the replica lacks.';

/**
 * Promotes the candidate. The order is what makes a crash harmless: first the primary's file says that it is a replica, then it is demoted,
 * then the candidate is promoted, then that is written down. In between nobody takes writes; never do two.
 */
export const decidePromote = (situation: PromoteSituation): Decision<PromoteAction> => {
  if (situation.recorded) return complete(situation);
  const { candidate, primary, formerRole, done } = situation;
  if (formerRole !== 'primary') {
    return refuse('database_not_ready', 'Another database has become the primary since this was asked for.');
  }
  if (done.has('give-back')) return wouldLose('The replica did not catch up; the primary takes writes again.');
  if (!candidate) return silentCandidate(situation);
  if (candidate.role === 'master') return promoted(situation, primary);
  if (!primary) return failOver(situation);
  if (primary.role === 'slave') return resume(situation, candidate, primary);
  return switchOver(situation, candidate, primary);
};

/** Everything that comes after the candidate is the primary, on the servers and in Postgres. */
const complete = (situation: PromoteSituation): Decision<PromoteAction> => {
  const { formerRole, candidate, done } = situation;
  // It crashed before its file knew its new role.
  if (candidate?.role === 'slave') return again(situation, candidate);
  const chain: PromoteAction[] = [
    'open-doors',
    ...(formerRole === 'fenced' ? (['fence'] as const) : []),
    'persist',
    'repoint',
    ...(formerRole === 'replica' ? (['await-link'] as const) : []),
    'tidy',
  ];
  const next = chain.find((action) => (action === 'fence' ? !fencedForSure(done) : !done.has(action)));
  return next === undefined ? finish : { next };
};

/** A fence before the record lets an engine that is away pass; only one after it does not. */
const fencedForSure = (done: ReadonlySet<string>): boolean => {
  const order = [...done];
  return order.indexOf('fence') > order.indexOf('record');
};

/** The recorded primary came back as a replica. One that lost what it answered for must not wipe a former primary that has more. */
const again = ({ primary, keepsEveryWrite }: PromoteSituation, candidate: ServerView): Decision<PromoteAction> => {
  const behind = primary?.role === 'slave' ? bytesBehind(primary, candidate) : 0;
  const lost = behind === null ? startedAnew(candidate) : behind > 0;
  if (keepsEveryWrite || !lost) return { next: 'take-over' };
  return wouldLose(
    'The new primary crashed and lost what it had in memory; the former one has more. Promote that one.',
  );
};

/** Attempts, about half a minute, that a server which died in the middle of it all is given to come back. */
const patience = 7;

/** Docker starts it again in a moment, and then it can be told who has more. */
const wait = (who: string): ReturnType<typeof refuse> => refuse('server_not_ready', `${who} does not answer yet.`);

const silentCandidate = (situation: PromoteSituation): Decision<PromoteAction> => {
  const { begun, moved, primary, attempt } = situation;
  // Not demoted yet, so nothing was moved.
  if (!begun || primary?.role === 'master') return refuse('replica_not_ready', 'The replica does not answer.');
  if (attempt < patience) return wait('The replica');
  // It has writes that nobody else has. What it is has to be known, so that somebody else can be promoted.
  if (moved) return { next: 'record' };
  if (mayHaveServed(situation)) {
    return wouldLose(
      'The replica does not answer, and may have taken writes for a moment. Until it is back nobody takes any.',
    );
  }
  return primary ? { next: 'give-back' } : refuse('replica_not_ready', 'Neither of the two servers answers.');
};

/** The candidate is silent and may hold writes in its file that nobody else has: nobody else may take any before it is looked at. */
export const mayHaveServed = ({
  begun,
  candidate,
  primary,
  keepsEveryWrite,
  allowedLoss,
}: Pick<PromoteSituation, 'begun' | 'candidate' | 'primary' | 'keepsEveryWrite' | 'allowedLoss'>): boolean =>
  begun && !candidate && primary?.role === 'slave' && keepsEveryWrite && allowedLoss !== null;

/** The candidate takes writes and Postgres does not know: an attempt died in between, or somebody did it by hand. */
const promoted = (
  { begun, allowedLoss, candidateAddress }: PromoteSituation,
  primary: ServerView | null,
): Decision<PromoteAction> => {
  // Only a failover leaves a primary behind that comes back as one, behind its gate.
  if (primary?.role === 'master' && !(begun && allowedLoss === null)) {
    return refuse('split_brain_refused', 'Both the primary and the replica say that they are the primary.');
  }
  const follows = primary?.role === 'slave' && primary.sourceAddress === candidateAddress;
  return follows || begun || allowedLoss === null ? { next: 'record' } : wouldLose(unknownLoss);
};

const failOver = ({
  begun,
  moved,
  keepsEveryWrite,
  attempt,
  allowedLoss,
  done,
}: PromoteSituation): Decision<PromoteAction> => {
  if (moved && keepsEveryWrite) return { next: 'take-over' };
  if (begun && allowedLoss !== null && attempt < patience) return wait('The primary');
  if (allowedLoss !== null) return wouldLose(unknownLoss);
  return done.has('fence') ? { next: 'take-over' } : { next: 'fence' };
};

/** An attempt died between demoting the one and promoting the other: nobody takes writes. */
const resume = (situation: PromoteSituation, candidate: ServerView, primary: ServerView): Decision<PromoteAction> => {
  const behind = bytesBehind(primary, candidate);
  const forward = behind === null ? hasAll(situation, candidate, primary) : mayLose(situation.allowedLoss, behind);
  return { next: forward ? 'take-over' : 'give-back' };
};

/** Whether the candidate has all that the primary has, though their offsets do not tell. */
const hasAll = ({ keepsEveryWrite, moved }: PromoteSituation, candidate: ServerView, primary: ServerView): boolean => {
  const anew = { candidate: startedAnew(candidate), primary: startedAnew(primary) };
  // One that was demoted and not restarted: the candidate had caught up with it, and has it all in its file.
  if (anew.candidate && !anew.primary) return keepsEveryWrite;
  // A candidate that was not restarted has never taken a write; what the primary had, it may have in its file.
  if (anew.primary && !anew.candidate) return !keepsEveryWrite;
  return moved;
};

const switchOver = (
  { allowedLoss, candidateNewer, done }: PromoteSituation,
  candidate: ServerView,
  primary: ServerView,
): Decision<PromoteAction> => {
  if (candidateNewer && allowedLoss !== null) return tooNew;
  if (candidate.syncing) return refuse('replica_not_ready', 'The replica is still copying the data of its source.');
  const behind = bytesBehind(primary, candidate);
  if (!candidate.linkUp && !mayLose(allowedLoss, behind)) {
    const known = behind === null ? 'an unknown number of' : String(behind);
    return wouldLose(`The link of the replica is down; it lacks ${known} bytes.`);
  }
  if (done.has('switch')) return refuse('server_not_ready', 'The roles were moved and came back.');
  const next = (['prepare', 'fence-source', 'switch'] as const).find((action) => !done.has(action));
  return next === undefined ? finish : { next };
};
