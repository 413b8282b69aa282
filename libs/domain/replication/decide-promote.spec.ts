import { describe, expect, it } from '@jest/globals';
import { persistenceModes, type PersistenceMode } from '../database/persistence.js';
import { decidePromote } from './decide-promote.js';
import { complaintOf, explorePromotion, promotedAgain, serves, settled } from './testing/explore-promotion.js';
import type { End, Mischief, Scenario } from './testing/promotion-model.js';

const calm: Mischief = { worker: 0, source: 0, candidate: 0, writes: 2 };
const disasters: [string, Partial<Mischief>][] = [
  ['nothing', {}],
  ['the worker, three times', { worker: 3 }],
  ['the primary', { source: 1 }],
  ['the replica', { candidate: 1 }],
  ['the worker and the primary', { worker: 1, source: 1, writes: 1 }],
  ['the worker and the replica', { worker: 1, candidate: 1, writes: 1 }],
  ['the primary and the replica', { source: 1, candidate: 1, writes: 1 }],
];

const show = ({ outcome, state }: End, mode: PersistenceMode) => [
  outcome,
  state.way.join(', '),
  JSON.stringify(settled(state, mode)),
];

/** With all servers up again, one and no more takes writes, and it has all that was answered. */
const isSound = ({ state }: End, { mode }: Scenario): boolean => {
  const tree = settled(state, mode);
  return complaintOf(tree, mode) === null && serves(tree, mode);
};

/** Somebody has to decide, at most one takes writes until then, and another promotion, forced or not, brings everything back. */
const waitsForSomebody = (end: End, scenario: Scenario): boolean =>
  complaintOf(settled(end.state, scenario.mode), scenario.mode) === null &&
  [scenario, { ...scenario, allowedLoss: null }].some((mode) =>
    promotedAgain(end.state, mode).every((again) => isSound(again, mode)),
  );

describe.each(persistenceModes)('a strict promotion of a replica with persistence %s', (mode) => {
  const scenario: Scenario = { mode, allowedLoss: 0 };

  it.each(disasters)('loses nothing and ends well when these die at any moment: %s', (_, mischief) => {
    const { ends, broken } = explorePromotion(scenario, { ...calm, ...mischief });
    expect(broken.slice(0, 1)).toEqual([]);
    const bad = ends.filter((end) => !isSound(end, scenario) && !waitsForSomebody(end, scenario));
    expect(bad.slice(0, 1).map((end) => show(end, mode))).toEqual([]);
  });
});

describe.each(persistenceModes)('a forced promotion of a replica with persistence %s', (mode) => {
  const two = (broken: readonly string[]): readonly string[] =>
    broken.filter((way) => way.endsWith('two servers take writes'));

  it.each([false, true])(
    'never lets two servers take writes, whatever dies and returns; engine away: %s',
    (engineAway) => {
      const mischief = { ...calm, source: 1, candidate: 1, writes: 0 };
      const { broken } = explorePromotion({ mode, allowedLoss: null, engineAway }, mischief);
      expect(two(broken).slice(0, 1)).toEqual([]);
    },
  );

  it('of a dead primary ends with the replica, and the primary that is started by hand takes no write', () => {
    const scenario: Scenario = { mode, allowedLoss: null, sourceDead: true };
    const { ends } = explorePromotion(scenario, { ...calm, worker: 2 });
    expect(ends.length).toBeGreaterThan(0);
    for (const { outcome, state } of ends) {
      expect(outcome).toBe('promoted');
      expect(settled(state, mode)).toMatchObject({ source: { role: 'slave' }, candidate: { role: 'master' } });
    }
  });

  it('of a dead primary is what strict refuses, and changes nothing', () => {
    const { ends } = explorePromotion({ mode, allowedLoss: 0, sourceDead: true }, calm);
    expect(ends.map(({ outcome }) => outcome)).toEqual(['given back']);
    expect(ends[0]?.state.way).toEqual(['promotion_would_lose_writes', 'undo']);
  });
});

describe('the fence of a failover', () => {
  const recorded = (...done: string[]) =>
    decidePromote({
      ...{ recorded: true, formerRole: 'fenced', candidate: null, primary: null, candidateAddress: 'candidate' },
      candidateNewer: false,
      ...{ allowedLoss: null, keepsEveryWrite: true, begun: true, moved: true, attempt: 1, done: new Set(done) },
    });

  it('is made again after the record, because before it an engine that was away was let pass', () => {
    expect(recorded('fence', 'take-over', 'record', 'open-doors')).toEqual({ next: 'fence' });
    expect(recorded('take-over', 'record', 'open-doors', 'fence')).toEqual({ next: 'persist' });
    expect(recorded('open-doors')).toEqual({ next: 'fence' });
    expect(recorded('open-doors', 'fence')).toEqual({ next: 'persist' });
  });
});

describe('a replica that is newer than the primary', () => {
  const view = (role: 'master' | 'slave') => ({
    ...{ role, sourceAddress: role === 'slave' ? 'primary' : null, linkUp: true, syncing: false, offset: 100 },
    ...{ historyIds: ['first'], linkDownSeconds: null },
  });
  const before = (allowedLoss: number | null, candidateNewer = true) =>
    decidePromote({
      ...{ recorded: false, formerRole: 'primary', candidate: view('slave'), primary: view('master') },
      ...{ candidateAddress: 'candidate', candidateNewer, allowedLoss, keepsEveryWrite: true },
      ...{ begun: false, moved: false, attempt: 1, done: new Set<string>() },
    });

  it('is promoted by force only, and refused before anything is touched', () => {
    for (const allowedLoss of [0, 7])
      expect(before(allowedLoss)).toMatchObject({ next: 'refuse', code: 'replica_newer' });
    expect(before(null)).toEqual({ next: 'prepare' });
    expect(before(0, false)).toEqual({ next: 'prepare' });
  });
});
