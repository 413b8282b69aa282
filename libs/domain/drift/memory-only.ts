import { shutGate } from '../server/server-role.js';
import { figuresOf, type Server } from './server-state.js';

/**
 * Whether starting or opening this server would have its followers throw away data that it has no more: a memory-only primary that is not
 * running, or that came back empty, while a follower holds data or cannot be asked.
 */
export const mayLoseMemory = (server: Server, tree: readonly Server[]): boolean => {
  const { recorded } = server;
  if (recorded.shape.persistence !== 'none' || recorded.role !== 'primary' || !recorded.hasFollowers) return false;
  const figures = figuresOf(server);
  if (figures && (figures.keys > 0 || !heldBack(figures.settings))) return false;
  return followersOf(server, tree).some((follower) => (figuresOf(follower)?.keys ?? 1) > 0);
};

/** It started and nobody has opened its gate since: nothing that it holds was handed out. */
const heldBack = (settings: Readonly<Record<string, string>>): boolean =>
  settings['repl-diskless-sync-delay'] === shutGate('none')['repl-diskless-sync-delay'];

const followersOf = ({ recorded: { id } }: Server, tree: readonly Server[]): Server[] =>
  tree.filter(({ recorded }) => recorded.sourceId === id);
