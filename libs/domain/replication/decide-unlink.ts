import type { Decision } from '../operation/decide-server.js';

export type UnlinkAction = 'record' | 'persist' | 'detach' | 'open-doors' | 'tidy';

/** Written down first: from there on every step only makes the servers what Postgres has. */
const chain: readonly UnlinkAction[] = ['record', 'persist', 'detach', 'open-doors', 'tidy'];

export const decideUnlink = (done: ReadonlySet<string>): Decision<UnlinkAction> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};
