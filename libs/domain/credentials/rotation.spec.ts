import { describe, expect, it } from '@jest/globals';
import { decideRetire, decideRotate } from './decide-rotate.js';
import { graceEnd } from './grace.js';

/** All steps from here on; `publish` is what makes the new passwords known. */
const steps = (publishedBefore: boolean): readonly string[] => {
  const done = new Set<string>();
  for (;;) {
    const decision = decideRotate({ published: publishedBefore || done.has('publish'), done });
    if (decision.next === 'finish') return [...done];
    done.add(decision.next);
  }
};

describe('decideRotate', () => {
  it('shows no password that a server does not take, and forgets none that a follower still uses', () => {
    expect(steps(false)).toEqual(['record', 'admit', 'check', 'publish', 'hand-over', 'forget', 'withdraw']);
  });

  it('only ends what is over when an attempt that died has shown them', () => {
    expect(steps(true)).toEqual(['hand-over', 'forget', 'withdraw']);
  });
});

describe('decideRetire', () => {
  it('hands over, forgets, and then tells the servers', () => {
    expect(decideRetire(new Set())).toEqual({ next: 'hand-over' });
    expect(decideRetire(new Set(['hand-over', 'forget', 'withdraw']))).toEqual({ next: 'finish' });
  });
});

describe('graceEnd', () => {
  const at = new Date('2026-02-28T22:00:00Z');

  it.each([
    [{}, '2026-03-01T22:00:00.000Z'],
    [{ graceHours: 2 }, '2026-03-01T00:00:00.000Z'],
    [{ now: true }, '2026-02-28T22:00:00.000Z'],
  ])('of %j', (grace, expected) => {
    expect(graceEnd(grace, at).toISOString()).toBe(expected);
  });
});
