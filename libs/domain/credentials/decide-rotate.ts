import type { Decision } from '../operation/decide-server.js';

export type RetireAction = 'hand-over' | 'forget' | 'withdraw';
export type RotateAction = 'record' | 'admit' | 'check' | 'publish' | RetireAction;

export interface RotateSituation {
  /** The new passwords are the ones that are shown. There is no way back from there, and none is needed. */
  readonly published: boolean;
  readonly done: ReadonlySet<string>;
}

/** Every server takes a password before anybody is told of it. */
const beforehand: readonly RotateAction[] = ['record', 'admit', 'check', 'publish'];

/**
 * Followers log in with their new passwords before their sources forget the old ones. What has had its time is forgotten before the servers
 * are told: whatever comes between, a server that still takes it is one that differs from what is recorded, and is repaired.
 */
const afterwards: readonly RetireAction[] = ['hand-over', 'forget', 'withdraw'];

const first = <Action extends string>(chain: readonly Action[], done: ReadonlySet<string>): Decision<Action> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};

export const decideRotate = ({ published, done }: RotateSituation): Decision<RotateAction> =>
  published ? first(afterwards, done) : first(beforehand, done);

export const decideRetire = (done: ReadonlySet<string>): Decision<RetireAction> => first(afterwards, done);
