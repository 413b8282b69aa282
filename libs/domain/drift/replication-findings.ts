import { nowhere, openGate } from '../server/server-role.js';
import { finding, type Finding, type Repairability } from './finding.js';
import { mayLoseMemory } from './memory-only.js';
import { figuresOf, isGated, takesWrites, type Server, type ServerFigures } from './server-state.js';

/** A link that was lost a moment ago comes back by itself: the server tries again every second. */
const patienceSeconds = 10;

/** Role, link and gate of a server that answers. `tree` holds the server itself and all that hang together with it. */
export const replicationFindings = (server: Server, tree: readonly Server[]): Finding[] => {
  const figures = figuresOf(server);
  if (!figures) return [];
  const writers = tree.filter(takesWrites);
  if (writers.length > 1 && writers.includes(server)) return [splitBrain(tree, writers)];
  switch (server.recorded.role) {
    case 'primary':
      return primaryFindings(server, figures, tree);
    case 'replica':
      return replicaFindings(server, figures, tree);
    case 'fenced':
      return fencedFindings(figures);
  }
};

const splitBrain = (tree: readonly Server[], writers: readonly Server[]): Finding => {
  const quoted = (servers: readonly Server[]): string =>
    servers.map(({ recorded }) => `"${recorded.handle}"`).join(', ');
  const primaries = tree.filter(({ recorded }) => recorded.role === 'primary');
  return finding('split_brain', 'down', 'manual', `${quoted(primaries)} alone`, quoted(writers));
};

const primaryFindings = (server: Server, figures: ServerFigures, tree: readonly Server[]): Finding[] => {
  if (figures.view.role === 'slave') return [demoted(figures, tree)];
  const open = Object.entries(openGate).every(([name, value]) => (figures.settings[name] ?? value) === value);
  if (open) return [];
  if (mayLoseMemory(server, tree)) {
    return [finding('memory_lost', 'down', 'manual', 'data that its followers copied', 'no data')];
  }
  const severity = isGated(figures) ? 'down' : 'degraded';
  const found = isGated(figures) ? 'no writes are taken' : 'writes are taken as long as a follower is there';
  return [finding('gate_shut', severity, mayOpen(server, tree), 'open', found)];
};

/** Only when it is known of every other server of the tree that it takes no writes: one that does not answer may. */
const mayOpen = (server: Server, tree: readonly Server[]): Repairability => {
  const others = tree.filter((other) => other !== server);
  if (others.some((other) => figuresOf(other)?.view.role === 'master')) return 'manual';
  const unknown = others.some(({ observed: { answer } }) => answer.kind !== 'answers' && answer.kind !== 'not-asked');
  return unknown ? 'none' : 'safe';
};

/**
 * Made a replica by hand. Of nobody, that is undone; of a server that it reached, its data is that server's now; of one of its own tree,
 * somebody began to move the role, and which of the two to keep is not ours to guess.
 */
const demoted = ({ view }: ServerFigures, tree: readonly Server[]): Finding => {
  const ownTree = tree.some(({ recorded }) => recorded.address === view.sourceAddress);
  const otherWriter = tree.some((other) => figuresOf(other)?.view.role === 'master');
  const harmless = !view.linkUp && !view.syncing && !ownTree && !otherWriter;
  return finding('role_differs', 'down', harmless ? 'safe' : 'manual', 'primary', `replica of ${view.sourceAddress}`);
};

const replicaFindings = ({ recorded }: Server, figures: ServerFigures, tree: readonly Server[]): Finding[] => {
  const { view } = figures;
  // What it took since is on no other server.
  if (view.role === 'master') return [finding('role_differs', 'down', 'manual', 'replica', 'primary')];
  const source = tree.find(({ recorded: { id } }) => id === recorded.sourceId);
  const wanted = source?.recorded.address ?? null;
  if (wanted !== null && view.sourceAddress !== wanted) {
    return [finding('source_differs', 'degraded', 'safe', wanted, view.sourceAddress ?? 'none')];
  }
  if (view.syncing) return [finding('link_copying', 'degraded', 'none', 'a copy', 'part of one')];
  if (view.linkUp) return [];
  const reachable = source !== undefined && figuresOf(source) !== null;
  // One that never had a link has had none since it started.
  const lasting = (view.linkDownSeconds ?? figures.uptimeSeconds) >= patienceSeconds;
  return [finding('link_down', 'degraded', reachable && lasting ? 'safe' : 'none', 'a link', 'none')];
};

const fencedFindings = ({ view, settings }: ServerFigures): Finding[] => {
  const wanted = `replica of ${nowhere}`;
  if (view.role === 'master') return [finding('fenced_takes_writes', 'down', 'safe', wanted, 'primary')];
  if (settings['replica-read-only'] === 'no') {
    return [finding('fenced_takes_writes', 'down', 'safe', 'read-only', 'a replica that takes writes')];
  }
  return [];
};
