import type { PersistenceMode } from '../../database/persistence.js';
import { next, type End, type Mischief, type Scenario, type State } from './promotion-model.js';
import { replicate, sides, start, takesWrites, write, type Machine, type Tree } from './tree-model.js';

const machine = (role: Machine['role'], mode: PersistenceMode): Machine => ({
  ...{ up: true, role, gated: false, paused: false, has: 1, history: 'first', before: '', anew: false },
  ...{ file: role === 'master' ? 'primary' : 'replica', saved: mode === 'rdb' ? 1 : 0 },
});

export const beginning = ({ mode, sourceDead = false }: Scenario, left: Mischief): State => ({
  tree: {
    source: { ...machine('master', mode), up: !sourceDead },
    candidate: machine('slave', mode),
    answered: 1,
    broken: null,
  },
  ...{ recorded: false, formerRole: 'primary', attempt: 1, done: [], begun: false, moved: false },
  ...{ fencedBy: null, stopped: false, running: null, left, way: [] },
});

export interface Explored {
  readonly states: number;
  readonly ends: readonly End[];
  /** Ways to something that must never be. */
  readonly broken: readonly string[];
}

/** Every way that a promotion can go, with every placing of the mischief. */
export const explorePromotion = (
  scenario: Scenario,
  mischief: Mischief,
  from = beginning(scenario, mischief),
): Explored => {
  const seen = new Set<string>();
  const ends: End[] = [];
  const broken: string[] = [];
  const waiting = [from];
  for (let state = waiting.pop(); state; state = waiting.pop()) {
    const { way, ...rest } = state;
    const key = JSON.stringify(rest);
    if (seen.has(key)) continue;
    seen.add(key);
    const complaint = complaintOf(state.tree, scenario.mode);
    if (complaint) {
      broken.push(`${way.join(', ')}: ${complaint}`);
      continue;
    }
    const { states, ends: reached } = next(state, scenario);
    waiting.push(...states);
    ends.push(...reached);
  }
  return { states: seen.size, ends, broken };
};

export const complaintOf = (tree: Tree, mode: PersistenceMode): string | null =>
  sides.every((side) => takesWrites(tree, side, mode)) ? 'two servers take writes' : tree.broken;

/** All servers are started, by hand where need be, and follow whom they follow. */
export const settled = ({ tree }: State, mode: PersistenceMode): Tree => {
  const up = sides.reduce((one, side) => (one[side].up ? one : start(one, side, mode)), tree);
  return replicate(up, mode)[0] ?? up;
};

/** What is left is promoted by another operation: the same server, or the former primary when the new one has lost what it had. */
export const promotedAgain = (state: State, scenario: Scenario): readonly End[] => {
  const tree = settled(state, scenario.mode);
  const turned = state.recorded ? { ...tree, source: tree.candidate, candidate: tree.source } : tree;
  const calm = { worker: 0, source: 0, candidate: 0, writes: 0 };
  return explorePromotion(scenario, calm, { ...beginning(scenario, calm), tree: turned }).ends;
};

/** Whether a client can go on, and with everything that it was answered. */
export const serves = (tree: Tree, mode: PersistenceMode): boolean => {
  const after = write(tree, mode);
  return after.length === 1 && after[0]?.broken === null;
};
