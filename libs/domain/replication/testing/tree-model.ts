import type { PersistenceMode } from '../../database/persistence.js';
import type { ServerView } from '../server-view.js';

/** Two servers of a tree and what is written to them, as far as a promotion cares. */

export type Side = 'source' | 'candidate';
export const sides: readonly Side[] = ['source', 'candidate'];
export const other = (side: Side): Side => (side === 'source' ? 'candidate' : 'source');

export interface Machine {
  readonly up: boolean;
  readonly role: 'master' | 'slave';
  readonly file: 'primary' | 'replica' | 'fenced';
  /** Started behind its gate. */
  readonly gated: boolean;
  readonly paused: boolean;
  /** How many of the writes it has: all up to this one. */
  readonly has: number;
  /** How many are in its RDB file. */
  readonly saved: number;
  /** The history that its offset counts in, the one before, and whether it has any at all. */
  readonly history: string;
  readonly before: string;
  readonly anew: boolean;
}

export interface Tree {
  readonly source: Machine;
  readonly candidate: Machine;
  /** Writes that were answered and that a server still had after its last crash. */
  readonly answered: number;
  /** Something that must never be, in words. */
  readonly broken: string | null;
}

export const change = (tree: Tree, side: Side, part: Partial<Machine>): Tree => ({
  ...tree,
  [side]: { ...tree[side], ...part },
});

/** `side` gets what its source has. */
const linked = (tree: Tree, side: Side, mode: PersistenceMode): boolean => {
  const [follower, source] = [tree[side], tree[other(side)]];
  const withheld = mode === 'none' && source.gated;
  return (
    follower.up &&
    follower.role === 'slave' &&
    follower.file !== 'fenced' &&
    source.up &&
    source.role === 'master' &&
    !withheld
  );
};

export const takesWrites = (tree: Tree, side: Side, mode: PersistenceMode): boolean => {
  const { up, role, gated, paused } = tree[side];
  return up && role === 'master' && !paused && (!gated || linked(tree, other(side), mode));
};

export const write = (tree: Tree, mode: PersistenceMode): Tree[] =>
  sides
    .filter((side) => takesWrites(tree, side, mode))
    .map((side) => {
      const { has } = tree[side];
      const broken = has < tree.answered ? `${side} takes writes and lacks ${tree.answered - has}` : tree.broken;
      return { ...change(tree, side, { has: has + 1 }), answered: Math.max(tree.answered, has + 1), broken };
    });

/** The follower catches up, by what it lacks or by a copy of everything. */
export const replicate = (tree: Tree, mode: PersistenceMode): Tree[] =>
  sides
    .filter((side) => linked(tree, side, mode))
    .map((side) => {
      const { has, history, before } = tree[other(side)];
      return change(tree, side, { has, history, before, anew: false });
    });

export const promoted = (tree: Tree, side: Side): Tree => {
  const { role, history } = tree[side];
  if (role === 'master') return tree;
  return change(tree, side, { role: 'master', history: `${history}+${side}`, before: history, anew: false });
};

/** Its process is killed. What it had in memory only is gone. */
export const crash = (tree: Tree, side: Side, mode: PersistenceMode): Tree => {
  const { has, saved, history } = tree[side];
  const kept = mode === 'aof' ? has : mode === 'rdb' ? saved : 0;
  // Only an RDB file says whose history it is a part of.
  const known = mode === 'rdb' && saved > 0;
  const after = change(tree, side, {
    ...{ up: false, paused: false, has: kept, anew: !known },
    ...(known ? {} : { history: `new of ${side} after ${history}`, before: '' }),
  });
  if (mode === 'aof') return after;
  return { ...after, answered: Math.min(tree.answered, Math.max(after.source.has, after.candidate.has)) };
};

/** Comes back as its file says, and what it has counts when it is a primary. */
export const start = (tree: Tree, side: Side, mode: PersistenceMode): Tree => {
  const { file, has, history } = tree[side];
  const master = file === 'primary';
  const after = change(tree, side, {
    ...{ up: true, role: master ? 'master' : 'slave', gated: master },
    ...(master ? { history: `${history}+started`, before: '', anew: false } : {}),
  });
  // What a primary loses in a crash is lost: that is what its mode promises.
  return master && mode === 'rdb' ? { ...after, answered: Math.min(after.answered, has) } : after;
};

/** Offsets count from 100, so that none looks like that of a server which was started anew. */
export const viewOf = (tree: Tree, side: Side, mode: PersistenceMode): ServerView | null => {
  const { up, role, has, history, before, anew, file } = tree[side];
  if (!up) return null;
  const follows = role === 'slave';
  return {
    role,
    sourceAddress: follows ? (file === 'fenced' ? 'nowhere' : other(side)) : null,
    linkUp: linked(tree, side, mode),
    syncing: false,
    offset: anew ? 1 : 100 + has,
    historyIds: before === '' ? [history] : [history, before],
    linkDownSeconds: null,
  };
};
