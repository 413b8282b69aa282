import { refuse, type Decision, type ObservedContainer } from '../operation/decide-server.js';

export type GoBackAction =
  | 'check'
  | 'backup'
  | 'verify'
  | 'try'
  | 'create'
  | 'start'
  | 'await-answer'
  | 'prepare'
  | 'fence-source'
  | 'switch'
  | 'give-back'
  | 'take-over'
  | 'open-doors'
  | 'fence'
  | 'await-ready';

export interface GoBackSituation {
  readonly operationId: string;
  /** Postgres has the server that was kept as the one that serves. */
  readonly recorded: boolean;
  /** Neither of the two that the request was about serves. */
  readonly overtaken: boolean;
  readonly wantsBackup: boolean;
  /** By this operation, in any of its attempts. */
  readonly backedUp: boolean;
  readonly verified: boolean;
  /** Of the server that was kept. */
  readonly container: ObservedContainer | null;
  /** What both say of themselves; null when they do not answer. */
  readonly kept: 'master' | 'slave' | null;
  readonly today: 'master' | 'slave' | null;
  readonly done: ReadonlySet<string>;
}

const finish = { next: 'finish' } as const;
const vanished = refuse('server_not_ready', 'The server that was kept was stopped or removed while the operation ran.');

const firstOf = (done: ReadonlySet<string>, ...chain: GoBackAction[]): Decision<GoBackAction> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? finish : { next };
};

/**
 * Takes back the server that was kept. Neither has what the other one has, so there is nothing to catch up with, and the record alone says
 * who takes writes: before it only the server of today may, after it only the one that was kept. In between nobody does.
 */
export const decideGoBack = (situation: GoBackSituation): Decision<GoBackAction> => {
  const { recorded, overtaken, container, kept, done } = situation;
  if (recorded) return firstOf(done, 'take-over', 'open-doors', 'fence', 'await-ready');
  if (overtaken) {
    return refuse('database_not_ready', 'Another operation has replaced the server since this was asked for.');
  }
  if (container && !container.owned) {
    return refuse('name_taken_by_stranger', 'A container that is not ours has the name of the server that was kept.');
  }
  if (kept === 'master') {
    return refuse('split_brain_refused', 'The server that was kept takes writes, and nobody told it to.');
  }
  return situation.today === 'slave' ? resume(situation) : (beforehand(situation) ?? start(situation));
};

/** An attempt died after it had demoted the server of today: nobody takes writes. */
const resume = ({ container, operationId, kept, done }: GoBackSituation): Decision<GoBackAction> => {
  const stands = container?.running === true && container.operationId === operationId && kept === 'slave';
  if (!stands) return { next: 'give-back' };
  return done.has('switch') ? vanished : firstOf(done, 'fence-source', 'switch');
};

/** Everything that can say no. */
const beforehand = ({ done, wantsBackup, backedUp, verified }: GoBackSituation): Decision<GoBackAction> | null => {
  if (!done.has('check')) return { next: 'check' };
  if (wantsBackup && !backedUp) return { next: 'backup' };
  if (wantsBackup && !verified) return { next: 'verify' };
  return done.has('try') ? null : { next: 'try' };
};

/** The server that was kept, in a container that is made for what the database is today, with its data, and fenced. */
const start = ({ container, operationId, done }: GoBackSituation): Decision<GoBackAction> => {
  const started = done.has('start') || done.has('await-answer');
  if (!container || container.operationId !== operationId) {
    return done.has('create') || started ? vanished : { next: 'create' };
  }
  if (!container.running) {
    if (started) return vanished;
    return { next: done.has('create') ? 'start' : 'create' };
  }
  if (done.has('switch')) return refuse('server_not_ready', 'The roles were moved and came back.');
  return firstOf(done, 'await-answer', 'prepare', 'fence-source', 'switch');
};
