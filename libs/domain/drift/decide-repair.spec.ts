import { describe, expect, it } from '@jest/globals';
import { decideRepair, type RepairSituation } from './decide-repair.js';
import { finding, type Finding, type FindingCode } from './finding.js';
import { healthOf, isRepairable } from './health.js';
import { lotsOf, treesOf } from './trees.js';

const safe = (code: FindingCode): Finding => finding(code, 'down', 'safe', 'this', 'that');
const manual = (code: FindingCode): Finding => finding(code, 'degraded', 'manual', 'this', 'that');

/** All actions, when each does what it is for (`mends`) or nothing. */
const actions = (
  before: readonly Finding[],
  mends: boolean,
  more: Partial<RepairSituation> = {},
): readonly string[] => {
  const done = new Set<string>();
  let findings = before;
  for (;;) {
    const decision = decideRepair({ findings, madeByThis: false, lacksAppendOnly: false, done, ...more });
    if (decision.next === 'finish') return [...done];
    if ('code' in decision) return [...done, decision.code];
    if (decision.next === 'create' && mends) findings = [safe('container_stopped')];
    else if (decision.next === 'start' && mends) findings = [];
    else if (!['look', 'prepare', 'persist'].includes(decision.next) && mends) findings = [];
    done.add(decision.next);
  }
};

describe('decideRepair', () => {
  it('writes the role down again, and no more, where nothing is to be done', () => {
    expect(actions([], true)).toEqual(['look', 'persist', 'report']);
    expect(actions([manual('image_differs')], false)).toEqual(['look', 'persist', 'report']);
  });

  it('makes a container again and starts it in its recorded role', () => {
    const start = ['persist', 'start', 'open-doors', 'await-answer', 'report'];
    expect(actions([safe('container_missing')], true)).toEqual(['look', 'prepare', 'create', ...start]);
    expect(actions([safe('container_stopped')], true)).toEqual(['look', ...start]);
    // A crash may have come before the files.
    expect(actions([safe('container_stopped')], true, { madeByThis: true })).toEqual(['look', 'create', ...start]);
  });

  it('joins a container to its network before it is started, or asked', () => {
    const start = ['persist', 'start', 'open-doors', 'await-answer', 'report'];
    expect(actions([safe('network_differs')], true)).toEqual(['look', 'attach', 'await-answer', 'persist', 'report']);
    expect(actions([safe('network_differs'), safe('container_stopped')], false)).toEqual(['look', 'attach', ...start]);
    expect(actions([manual('network_differs')], false)).toEqual(['look', 'persist', 'report']);
  });

  it('gives a server its certificate again', () => {
    expect(actions([safe('certificate_differs')], true)).toEqual(['look', 'persist', 'certificate', 'report']);
    expect(actions([manual('certificate_refused')], true)).toEqual(['look', 'persist', 'report']);
  });

  it('never starts what somebody has to decide about', () => {
    expect(actions([manual('container_stopped'), safe('restart_policy_differs')], false)).toEqual([
      'look',
      'persist',
      'restart-policy',
      'report',
    ]);
  });

  it('tries each remedy once', () => {
    expect(actions([safe('users_differ'), safe('source_differs'), safe('gate_shut')], false)).toEqual([
      'look',
      'persist',
      'users',
      'follow',
      'gate',
      'report',
    ]);
  });

  it('has an append-only file written before it puts settings right, also where nothing is found', () => {
    const more = { lacksAppendOnly: true };
    expect(actions([safe('settings_differ')], false, more)).toEqual(['look', 'persist', 'keep', 'settings', 'report']);
    expect(actions([], false, more)).toEqual(['look', 'persist', 'keep', 'report']);
  });

  it('touches nothing in a split brain, or of a stranger', () => {
    expect(actions([manual('split_brain'), safe('restart_policy_differs')], false)).toEqual(['split_brain_refused']);
    expect(actions([manual('container_stranger')], false)).toEqual(['name_taken_by_stranger']);
  });
});

describe('healthOf', () => {
  it('is that of the gravest finding', () => {
    expect(healthOf([])).toEqual({ health: 'healthy', reason: null });
    expect(healthOf([manual('image_differs')]).health).toBe('degraded');
    expect(healthOf([manual('image_differs'), safe('container_missing')])).toEqual({
      health: 'down',
      reason:
        'The container runs another image: recorded this, found that. The container is gone: recorded this, found that.',
    });
  });

  it('is repaired by itself only when everything that needs it is safe', () => {
    const passing = finding('link_copying', 'degraded', 'none', 'a', 'b');
    expect(isRepairable([])).toBe(false);
    expect(isRepairable([passing])).toBe(false);
    expect(isRepairable([passing, safe('gate_shut')])).toBe(true);
    expect(isRepairable([safe('gate_shut'), manual('image_differs')])).toBe(false);
  });
});

describe('trees', () => {
  const row = (id: string, source: string | null = null) => ({ id, source_id: source });

  it('hold whoever hangs together, also below a source that is not there', () => {
    expect(treesOf([row('a'), row('b', 'a'), row('c', 'b'), row('d'), row('e', 'gone')])).toEqual([
      ['a', 'b', 'c'],
      ['d'],
      ['e'],
    ]);
  });

  it('are never cut', () => {
    expect(lotsOf([['a'], ['b', 'c', 'd'], ['e'], ['f']], 2)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ]);
  });
});
