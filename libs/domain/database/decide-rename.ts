import type { Decision } from '../operation/decide-server.js';

export type RenameAction = 'answer-to' | 'write' | 'load' | 'check' | 'note';

/** First the name on the network, then a certificate that has it. */
const chain: readonly RenameAction[] = ['answer-to', 'write', 'load', 'check', 'note'];

export const decideRename = (done: ReadonlySet<string>): Decision<RenameAction> => {
  const next = chain.find((action) => !done.has(action));
  return next === undefined ? { next: 'finish' } : { next };
};

/** Handles that a database still answers to after it was renamed: all that it had, but for the one that it has. */
export const formerHandles = (former: readonly string[], before: string, after: string): string[] => [
  ...new Set([...former, before].filter((handle) => handle !== after)),
];
