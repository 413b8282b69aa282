import { describe, expect, it } from '@jest/globals';
import { persistenceModes } from '../database/persistence.js';
import type { PromoteSituation } from '../replication/decide-promote.js';
import {
  complaintOf,
  explorePromotion,
  promotedAgain,
  serves,
  settled,
} from '../replication/testing/explore-promotion.js';
import type { End, Mischief, Scenario } from '../replication/testing/promotion-model.js';
import type { ServerView } from '../replication/server-view.js';
import { decideUpgrade, type UpgradeSituation } from './decide-upgrade.js';

const serving: ServerView = {
  ...{ role: 'master', sourceAddress: null, linkUp: false, syncing: false, offset: 100, historyIds: ['first'] },
  linkDownSeconds: null,
};
const roles: PromoteSituation = {
  ...{ recorded: false, formerRole: 'primary', allowedLoss: 0, keepsEveryWrite: true, begun: false, moved: false },
  ...{ candidate: null, primary: serving, candidateAddress: 'nowhere', candidateNewer: false },
  ...{ attempt: 1, done: new Set() },
};
const container = {
  ...{ owned: true, running: true, generation: 1, operationId: 'this', startedAt: new Date(0) },
} as const;

const situation = (more: Partial<UpgradeSituation> = {}): UpgradeSituation => ({
  ...{ method: 'swap', operationId: 'this', recorded: false, backedUp: true, verified: true, tried: true },
  ...{ replicasLeft: false, replaced: false, reserved: true, successor: container, roles },
  done: new Set(['check', 'await-link']),
  ...more,
});

/** The middle of an upgrade by swap, where the role moves, with all that comes before it done. */
const swapping = (moving: PromoteSituation) =>
  decideUpgrade(
    situation({ recorded: moving.recorded, roles: moving, done: new Set([...moving.done, 'check']) }),
  ) as ReturnType<NonNullable<Scenario['decide']>>;

const calm: Mischief = { worker: 0, source: 0, candidate: 0, writes: 2 };
const disasters: [string, Partial<Mischief>][] = [
  ['nothing', {}],
  ['the worker, three times', { worker: 3 }],
  ['the old server', { source: 1 }],
  ['the new server', { candidate: 1 }],
  ['the worker and the old server', { worker: 1, source: 1, writes: 1 }],
  ['the worker and the new server', { worker: 1, candidate: 1, writes: 1 }],
  ['the old and the new server', { source: 1, candidate: 1, writes: 1 }],
];

const show = ({ outcome, state }: End, { mode }: Scenario) => [
  outcome,
  state.way.join(', '),
  JSON.stringify(settled(state, mode)),
];

/**
 * With all servers up again, one and no more takes writes, and it has all that was answered. The kept server is no follower: the new one has
 * no gate for it (persist), while the model shuts one at each start of a primary.
 */
const isSound = ({ state }: End, { mode }: Scenario): boolean => {
  const after = settled(state, mode);
  const tree = state.recorded ? { ...after, candidate: { ...after.candidate, gated: false } } : after;
  return complaintOf(tree, mode) === null && serves(tree, mode);
};

/** Nobody takes writes until the upgrade is asked for again or somebody decides; then all is there. */
const waitsForSomebody = (end: End, scenario: Scenario): boolean =>
  complaintOf(settled(end.state, scenario.mode), scenario.mode) === null &&
  [scenario, { ...scenario, allowedLoss: null }].some((again) =>
    promotedAgain(end.state, again).every((one) => isSound(one, scenario)),
  );

describe.each(persistenceModes)('an upgrade by swap with persistence %s', (mode) => {
  const scenario: Scenario = { mode, allowedLoss: 0, keepsSource: true, decide: swapping };

  it.each(disasters)('has never two writers and loses nothing when these die at any moment: %s', (_, mischief) => {
    const { ends, broken, states } = explorePromotion(scenario, { ...calm, ...mischief });
    expect(broken.slice(0, 1)).toEqual([]);
    expect(states).toBeGreaterThan(10);
    const bad = ends.filter((end) => !isSound(end, scenario) && !waitsForSomebody(end, scenario));
    expect(bad.slice(0, 1).map((end) => show(end, scenario))).toEqual([]);
  });

  it('ends in the new version when only the worker dies', () => {
    const { ends } = explorePromotion(scenario, { ...calm, worker: 3 });
    expect(new Set(ends.map(({ outcome }) => outcome))).toEqual(new Set(['promoted']));
    expect(ends.every(({ state }) => state.recorded && state.tree.candidate.role === 'master')).toBe(true);
  });
});

describe('before anything is touched', () => {
  const none = { backedUp: false, verified: false, tried: false, reserved: false, successor: null } as const;

  it.each([
    [{ ...none, done: new Set<string>() }, 'check'],
    [none, 'backup'],
    [{ ...none, backedUp: true }, 'verify'],
    [{ ...none, backedUp: true, verified: true }, 'try'],
    [{ reserved: false, successor: null, replicasLeft: true }, 'replica'],
    [{ reserved: false, successor: null }, 'reserve'],
    [{ successor: null, done: new Set(['check']) }, 'create'],
    [{ successor: { ...container, running: false }, done: new Set(['check']) }, 'create'],
    [{ successor: { ...container, running: false }, done: new Set(['check', 'create']) }, 'start'],
    [{ done: new Set(['check']) }, 'await-link'],
  ])('%o is followed by %s', (more, next) => {
    expect(decideUpgrade(situation(more)).next).toBe(next);
  });

  it.each([
    ['an older operation', { successor: { ...container, operationId: 'older' }, done: new Set(['check']) }, 'create'],
    ['a stranger', { successor: { ...container, owned: false }, done: new Set(['check']) }, 'refuse'],
    ['one that somebody stopped', { successor: { ...container, running: false } }, 'refuse'],
  ])('the server of %s is not taken for the new one', (_, more, next) => {
    expect(decideUpgrade(situation(more)).next).toBe(next);
  });

  it.each([
    ['the old server was demoted', { primary: { ...serving, role: 'slave' as const }, candidate: serving }],
    ['the role was begun to move', { begun: true, candidate: serving, primary: null }],
    ['the new server takes writes', { candidate: serving, primary: null }],
  ])('nothing comes before the roles when %s', (_, more) => {
    const next = decideUpgrade(situation({ done: new Set(), backedUp: false, roles: { ...roles, ...more } })).next;
    expect(['record', 'take-over', 'give-back', 'refuse']).toContain(next);
  });
});

describe('in place', () => {
  const placed = (more: Partial<UpgradeSituation>) =>
    decideUpgrade(situation({ method: 'in-place', reserved: false, successor: null, ...more })).next;

  it('replaces the container once all has been proved, and looks at it', () => {
    expect(placed({ tried: false })).toBe('try');
    expect(placed({})).toBe('replace');
    expect(placed({ recorded: true })).toBe('replace');
    expect(placed({ recorded: true, replaced: true })).toBe('await-ready');
    expect(placed({ recorded: true, replaced: true, done: new Set(['await-ready']) })).toBe('finish');
  });

  it('asks for no other proof once it is recorded', () => {
    expect(placed({ recorded: true, tried: false, verified: false, backedUp: false, done: new Set() })).toBe('replace');
  });
});
