import type { PersistenceMode } from '../../database/persistence.js';
import { errorCatalogue } from '../../errors/catalogue.js';
import type { Decision } from '../../operation/decide-server.js';
import { decidePromote, mayHaveServed, type PromoteAction, type PromoteSituation } from '../decide-promote.js';
import { hasLost } from '../server-view.js';
import { change, crash, promoted, replicate, sides, start, viewOf, write, type Side, type Tree } from './tree-model.js';

/** How much goes wrong on one way. Writes are those that clients try at any moment. */
export interface Mischief {
  readonly worker: number;
  readonly source: number;
  readonly candidate: number;
  readonly writes: number;
}

export interface Scenario {
  readonly mode: PersistenceMode;
  /** Null is `force`. */
  readonly allowedLoss: number | null;
  /** The source is dead and nobody starts it; its container engine answers or not. */
  readonly sourceDead?: boolean;
  readonly engineAway?: boolean;
  /** The source is no replica afterwards: an upgrade keeps it, and it follows nobody from the moment that it is fenced. */
  readonly keepsSource?: boolean;
  /** Default: that of a promotion. */
  readonly decide?: (situation: PromoteSituation) => Decision<PromoteAction | 'check' | 'await-ready'>;
}

export interface State {
  readonly tree: Tree;
  readonly recorded: boolean;
  readonly formerRole: PromoteSituation['formerRole'];
  readonly attempt: number;
  readonly done: readonly string[];
  readonly begun: boolean;
  readonly moved: boolean;
  readonly fencedBy: 'fence' | 'fence-source' | null;
  /** The engine does not start the source any more. */
  readonly stopped: boolean;
  /** `lost` are the servers whose connection broke since the step began. */
  readonly running: { readonly action: Running; readonly at: number; readonly lost: readonly Side[] } | null;
  readonly left: Mischief;
  readonly way: readonly string[];
}

type Running = PromoteAction | 'undo' | 'check' | 'await-ready';
/** One thing that a step does, or why it cannot. */
type Part = (state: State, scenario: Scenario) => State | 'retry' | 'fail';

const on = (state: State, side: Side, part: Parameters<typeof change>[2]): State => ({
  ...state,
  tree: change(state.tree, side, part),
});
/** A server that died meanwhile is not reached by the step that runs, even when it is back. */
const reached = ({ tree, running }: State, side: Side): boolean => tree[side].up && !running?.lost.includes(side);

const needs =
  (...wanted: Side[]): Part =>
  (state) =>
    wanted.every((side) => reached(state, side)) ? state : 'retry';
const nothing: readonly Part[] = [(state) => state];

const demote: Part = (state) =>
  reached(state, 'source') ? on(state, 'source', { role: 'slave', paused: false }) : 'retry';
const promote: Part = (state) =>
  reached(state, 'candidate') ? { ...state, tree: promoted(state.tree, 'candidate') } : 'retry';
const giveBack: Part = (state) =>
  reached(state, 'source') ? { ...state, tree: promoted(state.tree, 'source') } : 'retry';
const sourceFile =
  (file: 'primary' | 'replica' | 'fenced'): Part =>
  (state) =>
    on(state, 'source', { file });

/** While writes wait; what else happens comes between the parts. */
const catchUp: Part = (state, { mode, allowedLoss }) => {
  const view = viewOf(state.tree, 'candidate', mode);
  if (view && !view.linkUp && allowedLoss === null) return state;
  if (!view?.linkUp || !state.tree.source.paused) return 'fail';
  return { ...state, tree: replicate(state.tree, mode)[0] ?? state.tree };
};

const checkCandidate: Part = (state, { allowedLoss }) => {
  if (!reached(state, 'candidate')) return 'retry';
  return allowedLoss === null || state.tree.candidate.has >= state.tree.source.has ? state : 'fail';
};

const fence: Part = (state, { engineAway, keepsSource, mode }) => {
  if (engineAway) return state.recorded ? 'retry' : state;
  // What a kept server had in memory only is gone with its process.
  const ended = keepsSource && state.tree.source.up ? { ...state, tree: crash(state.tree, 'source', mode) } : state;
  return { ...on(ended, 'source', { file: 'fenced', up: false }), stopped: true };
};

const record: Part = (state, { mode, keepsSource }) => {
  if (keepsSource) return { ...state, recorded: true, formerRole: 'fenced' };
  const view = viewOf(state.tree, 'source', mode);
  const follows = state.fencedBy === null && view?.sourceAddress === 'candidate';
  return { ...state, recorded: true, formerRole: state.fencedBy === 'fence-source' || follows ? 'replica' : 'fenced' };
};

const letOut: Part = (state, { mode }) => (mode === 'none' ? state : on(state, 'candidate', { gated: false }));

const repoint: Part = (state) => {
  if (state.formerRole !== 'replica') return state;
  const after = on(state, 'source', { file: 'replica' });
  return state.tree.source.up ? on(after, 'source', { role: 'slave' }) : after;
};

const undoSource: Part = (state, scenario) => {
  const { mode } = scenario;
  const view = viewOf(state.tree, 'source', mode);
  if (!view || view.role === 'master') return on(state, 'source', { paused: false });
  if (mode !== 'aof' && hasLost(view, viewOf(state.tree, 'candidate', mode))) return state;
  return giveBack(state, scenario);
};

const parts: Record<Running, readonly Part[]> = {
  prepare: [needs('source', 'candidate')],
  'fence-source': [
    needs('source'),
    (state, scenario) => sourceFile(scenario.keepsSource ? 'fenced' : 'replica')(state, scenario),
  ],
  switch: [
    needs('source', 'candidate'),
    (state) => on(state, 'source', { paused: true }),
    catchUp,
    demote,
    checkCandidate,
    promote,
    (state) => state,
  ],
  'take-over': [promote, (state) => state],
  'give-back': [giveBack, sourceFile('primary')],
  record: [record],
  fence: [fence],
  persist: [(state) => on(state, 'candidate', { file: 'primary' }), letOut],
  repoint: [repoint],
  'open-doors': nothing,
  'await-link': nothing,
  'await-ready': nothing,
  check: nothing,
  tidy: nothing,
  undo: [sourceFile('primary'), (state) => ({ ...state, stopped: false }), undoSource],
};

const moving: readonly string[] = ['switch', 'take-over'];

/** Postgres has learned how the step ended. */
const recordStep = (state: State, action: Exclude<Running, 'undo'>, succeeded: boolean): State => ({
  ...state,
  ...(moving.includes(action) ? { begun: true, moved: state.moved || succeeded } : {}),
  ...(action === 'give-back' && succeeded ? { moved: false } : {}),
  ...((action === 'fence' || action === 'fence-source') && succeeded ? { fencedBy: action } : {}),
});

const attempts = 8;

export interface End {
  readonly state: State;
  readonly outcome: 'promoted' | 'given back' | 'left';
}

/** What can happen next, and the ends that can be reached at once. */
export const next = (state: State, scenario: Scenario): { states: State[]; ends: End[] } => {
  const states = [...events(state, scenario)];
  if (state.left.worker > 0) states.push(workerDies(state));
  const worked = state.running ? goOn(state, state.running, scenario) : decide(state, scenario);
  return 'outcome' in worked ? { states, ends: [worked] } : { states: [...states, worked], ends: [] };
};

/** Its open step is not known to have done anything, a pause of writes runs out, and another worker begins anew. */
const workerDies = (state: State): State => {
  const action = state.running?.action;
  const known = action && action !== 'undo' ? recordStep(state, action, false) : state;
  const after = anotherAttempt(known, 'the worker dies');
  return { ...after, attempt: state.attempt, left: { ...state.left, worker: state.left.worker - 1 } };
};

const anotherAttempt = (state: State, why: string): State => ({
  ...on(state, 'source', { paused: false }),
  ...{ attempt: state.attempt + 1, done: [], running: null, way: [...state.way, why] },
});

const decide = (state: State, scenario: Scenario): State | End => {
  const { mode, allowedLoss, keepsSource, decide: decided = decidePromote } = scenario;
  const decision = decided({
    ...{ recorded: state.recorded, formerRole: state.formerRole, allowedLoss, attempt: state.attempt },
    ...{
      begun: state.begun,
      moved: state.moved,
      done: new Set(state.done),
      candidateAddress: keepsSource ? 'nowhere' : 'candidate',
      candidateNewer: false,
    },
    candidate: viewOf(state.tree, 'candidate', mode),
    primary: viewOf(state.tree, 'source', mode),
    keepsEveryWrite: mode === 'aof',
  });
  if (decision.next === 'finish') return { state, outcome: 'promoted' };
  if ('detail' in decision) {
    const fails = errorCatalogue[decision.code].disposition === 'fail';
    return failed(state, scenario, fails ? 'fail' : 'retry', decision.code);
  }
  return { ...state, running: { action: decision.next, at: 0, lost: [] }, way: [...state.way, decision.next] };
};

const failed = (state: State, { mode, allowedLoss }: Scenario, how: 'retry' | 'fail', why: string): State | End => {
  const { recorded, moved, attempt, tree } = state;
  const again = how === 'retry' && (attempt < attempts || recorded || moved);
  if (again) return { ...anotherAttempt(state, why), attempt: Math.min(attempt + 1, attempts) };
  const views = { candidate: viewOf(tree, 'candidate', mode), primary: viewOf(tree, 'source', mode) };
  if (recorded || moved || views.candidate?.role === 'master') return { state, outcome: 'left' };
  if (mayHaveServed({ ...views, begun: state.begun, keepsEveryWrite: mode === 'aof', allowedLoss })) {
    return { state, outcome: 'left' };
  }
  return { ...state, running: { action: 'undo', at: 0, lost: [] }, way: [...state.way, why, 'undo'] };
};

const goOn = (state: State, { action, at, lost }: NonNullable<State['running']>, scenario: Scenario): State | End => {
  const part = parts[action][at];
  if (!part) {
    if (action === 'undo') return { state: { ...state, running: null }, outcome: 'given back' };
    return {
      ...recordStep(state, action, true),
      done: [...state.done.filter((one) => one !== action), action],
      running: null,
    };
  }
  const after = part(state, scenario);
  if (after !== 'retry' && after !== 'fail') return { ...after, running: { action, at: at + 1, lost } };
  if (action === 'undo') return { state, outcome: 'left' };
  return failed(recordStep(brokenOff(state, action, at), action, false), scenario, after, `${action} cannot`);
};

/** A switch that found the candidate gone, or lacking something, has given the role back before it fails. */
const brokenOff = (state: State, action: Running, at: number): State =>
  action === 'switch' && parts.switch[at] === checkCandidate && reached(state, 'source')
    ? { ...state, tree: promoted(state.tree, 'source') }
    : on(state, 'source', { paused: false });

/** What happens beside the worker: clients, replication, crashes, and starts by the engine. */
const events = (state: State, { mode, sourceDead = false }: Scenario): State[] => {
  const { tree, left, stopped } = state;
  const found = replicate(tree, mode).map((after) => ({ ...state, tree: after }));
  if (left.writes > 0) {
    const rest = { ...left, writes: left.writes - 1 };
    found.push(
      ...write(tree, mode).map((after) => ({ ...state, tree: after, left: rest, way: [...state.way, 'write'] })),
    );
  }
  for (const side of sides) {
    const startable = !tree[side].up && !(side === 'source' && (stopped || sourceDead));
    if (startable) found.push({ ...state, tree: start(tree, side, mode), way: [...state.way, `${side} starts`] });
    if (!tree[side].up || left[side] === 0) continue;
    const rest = { ...left, [side]: left[side] - 1 };
    const running = state.running && { ...state.running, lost: [...new Set([...state.running.lost, side])].sort() };
    found.push({ ...state, running, tree: crash(tree, side, mode), left: rest, way: [...state.way, `${side} dies`] });
  }
  return found;
};
