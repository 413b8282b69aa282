import { describe, expect, it } from '@jest/globals';
import { compare } from '../support/checker/compare.js';
import { handovers, overlaps } from '../support/checker/handovers.js';
import { Journal, Log, type Acceptance, type LogShape, type Outcome } from '../support/checker/journal.js';
import { halfTransactions } from '../support/checker/read-back.js';

/** The checker itself: it has to complain of everything that can go wrong, and of nothing else. */

const logOf = (shape: LogShape, outcomes: string, resent = ''): Log => {
  const names: Record<string, Outcome> = { a: 'acknowledged', r: 'refused', u: 'unknown' };
  const log = new Log('log', shape);
  [...outcomes].forEach((letter, index) =>
    log.note(index + 1, names[letter]!, { resent: resent.includes(String(index + 1)) }),
  );
  return log;
};

describe('a sequence', () => {
  const check = (outcomes: string, values: readonly number[], resent = ''): string[] =>
    compare(logOf('sequence', outcomes, resent), { shape: 'sequence', values });

  it.each<[string, string, number[]]>([
    ['all that was acknowledged', 'aaa', [1, 2, 3]],
    ['a write without an answer that happened', 'aau', [1, 2, 3]],
    ['a write without an answer that did not happen', 'aua', [1, 3]],
    ['a refused write that did not happen', 'ara', [1, 3]],
  ])('is right with %s', (_, outcomes, values) => {
    expect(check(outcomes, values)).toEqual([]);
  });

  it.each<[string, string, number[], string]>([
    ['the last one is missing', 'aaa', [1, 2], 'acknowledged and missing: 3'],
    ['one in the middle is missing', 'aaa', [1, 3], 'acknowledged and missing: 2'],
    ['everything is missing', 'aa', [], 'acknowledged and missing: 1, 2'],
    ['two are swapped', 'aaa', [1, 3, 2], 'out of order: 2'],
    ['one without an answer came late', 'aua', [1, 3, 2], 'out of order: 2'],
    ['one is doubled', 'aaa', [1, 2, 2, 3], 'more than once: 2'],
    ['one without an answer is doubled', 'aua', [1, 2, 2, 3], 'more than once: 2'],
    ['a refused one is there', 'ara', [1, 2, 3], 'there and refused: 2'],
    ['nobody sent one', 'aa', [1, 2, 9], 'never sent: 9'],
    ['one cannot be read', 'aa', [1, 2, Number.NaN], 'never sent: NaN'],
  ])('is wrong when %s', (_, outcomes, values, complaint) => {
    expect(check(outcomes, values).join()).toContain(complaint);
  });

  it('may have twice what a library sent twice, and nothing else', () => {
    expect(check('aaa', [1, 2, 2, 3], '2')).toEqual([]);
    expect(check('aaa', [1, 2, 3, 2, 3], '23')).toEqual([]);
    expect(check('aaa', [1, 1, 2, 2, 3], '2')).toHaveLength(1);
    expect(check('aaa', [1, 3], '2')).toHaveLength(1);
  });
});

describe('a register', () => {
  const check = (outcomes: string, value: number | null): string[] =>
    compare(logOf('register', outcomes), { shape: 'register', value });

  it('has the last acknowledged value, or a later one without an answer', () => {
    expect(check('aa', 2)).toEqual([]);
    expect(check('aau', 2)).toEqual([]);
    expect(check('aau', 3)).toEqual([]);
    expect(check('u', null)).toEqual([]);
  });

  it.each<[string, string, number | null]>([
    ['an older value is there', 'aa', 1],
    ['an older value without an answer is there', 'aua', 2],
    ['nothing is there', 'a', null],
    ['a refused value is there', 'ar', 2],
    ['a value is there that nobody sent', 'aa', 7],
  ])('is wrong when %s', (_, outcomes, value) => {
    expect(check(outcomes, value)).toHaveLength(1);
  });
});

describe('a counter', () => {
  const check = (replies: readonly (number | 'r' | 'u')[], value: number): string[] => {
    const log = new Log('log', 'counter');
    replies.forEach((reply, index) => {
      if (typeof reply === 'number') log.note(index, 'acknowledged', { reply });
      else log.note(index, reply === 'u' ? 'unknown' : 'refused');
    });
    return compare(log, { shape: 'counter', value });
  };

  it('counts what was acknowledged, and what was not answered once or not at all', () => {
    expect(check([1, 2, 3], 3)).toEqual([]);
    expect(check([1, 'u', 2], 2)).toEqual([]);
    expect(check([1, 'u', 3], 3)).toEqual([]);
    expect(check([1, 'r', 2], 2)).toEqual([]);
    expect(check([1, 'u'], 2)).toEqual([]);
  });

  it.each<[string, (number | 'r' | 'u')[], number]>([
    ['an answer comes twice', [1, 2, 2, 3], 3],
    ['an answer goes back', [1, 2, 1, 2], 2],
    ['an answer leaves one out', [1, 3], 3],
    ['one without an answer counts twice', [1, 'u', 4], 4],
    ['a refused one counts', [1, 'r', 3], 3],
    ['the last one is lost', [1, 2], 1],
    ['the count is gone', [1], 0],
    ['the count is too high', [1, 2], 3],
  ])('is wrong when %s', (_, replies, value) => {
    expect(check(replies, value)).not.toEqual([]);
  });
});

describe('a transaction', () => {
  const check = (last: number | null, values: readonly number[], value: number): string[] =>
    halfTransactions({ shape: 'register', value: last }, { shape: 'sequence', values }, { shape: 'counter', value });

  it('is whole or not there', () => {
    expect(check(null, [], 0)).toEqual([]);
    expect(check(7, [4, 7], 2)).toEqual([]);
  });

  it.each<[string, number | null, number[], number]>([
    ['the value', 4, [4, 7], 2],
    ['the element', 7, [4], 2],
    ['the count', 7, [4, 7], 1],
  ])('is wrong without %s', (_, last, values, count) => {
    expect(check(last, values, count)).toHaveLength(1);
  });
});

describe('a journal', () => {
  it('knows the longest gap and the longest wait, also those up to the end', () => {
    const journal = new Journal(0);
    for (const [wantedMs, atMs] of [
      [9, 10],
      [12, 14],
      [40, 50],
    ] as const) {
      journal.wants(wantedMs);
      journal.answered(atMs);
    }
    expect(journal.longest).toEqual({ gapMs: 36, waitMs: 10 });
    journal.wants(60);
    journal.wants(70);
    journal.measure(200);
    expect(journal.longest).toEqual({ gapMs: 150, waitMs: 140 });
    journal.measureAnew();
    journal.answered(210);
    expect(journal.longest).toEqual({ gapMs: 160, waitMs: 150 });
  });
});

describe('servers that took writes', () => {
  const took = (server: string, sentAtMs: number, acknowledgedAtMs: number): Acceptance => ({
    server,
    sentAtMs,
    acknowledgedAtMs,
  });
  const inTurn = (acceptances: readonly Acceptance[]): string =>
    handovers(acceptances)
      .map(({ server }) => server)
      .join('');

  it('follow one another over a promotion', () => {
    const acceptances = [took('A', 0, 1), took('A', 2, 3), took('B', 4, 5), took('B', 6, 7)];
    expect(inTurn(acceptances)).toBe('AB');
    expect(overlaps(acceptances, { promotions: 1 })).toEqual([]);
    expect(overlaps(acceptances, { promotions: 0 })).toHaveLength(1);
  });

  it('prove an overlap when one lies between two of another', () => {
    const acceptances = [took('A', 0, 1), took('B', 2, 3), took('A', 4, 5)];
    expect(inTurn(acceptances)).toBe('ABA');
    expect(overlaps(acceptances, { promotions: 1 })[0]).toMatch(/A .* then B .* then A/);
  });

  it('prove nothing while their times overlap', () => {
    expect(inTurn([took('A', 0, 10), took('B', 5, 15), took('A', 12, 20)])).toBe('A');
  });

  it('go there and back over two promotions', () => {
    const acceptances = [took('A', 0, 1), took('B', 2, 3), took('A', 4, 5), took('A', 6, 7)];
    expect(overlaps(acceptances, { promotions: 2 })).toEqual([]);
  });

  it('may be three', () => {
    expect(inTurn([took('A', 0, 1), took('C', 1, 2), took('B', 2, 3), took('A', 3, 4), took('A', 9, 10)])).toBe('ACBA');
  });
});
