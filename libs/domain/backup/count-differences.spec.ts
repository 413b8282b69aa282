import { describe, expect, it } from '@jest/globals';
import { countDifferences } from './count-differences.js';

const recorded = (fading?: number) => ({
  databases: [{ index: 0, keys: 10, expiring: 4, lasting: 2, ...(fading === undefined ? {} : { fading }) }],
  hasExpiringFields: fading !== 0,
});
const holding = (keys: number): Record<string, string> => ({ db0: `keys=${String(keys)},expires=0,avg_ttl=0` });

describe('countDifferences', () => {
  it.each([
    ['all keys', 0, 10, true],
    ['all that do not expire', 0, 6, true],
    ['less than those', 0, 5, false],
    ['more than there were', 0, 11, false],
    ['less by the hashes whose fields expire', 2, 4, true],
    ['less by more than those', 2, 3, false],
    ['nothing, of a backup that only tells that there are such hashes', undefined, 0, true],
    ['more, of such a backup', undefined, 11, false],
  ])('judges a server that holds %s', (_what, fading, keys, isRight) => {
    expect(countDifferences(recorded(fading), holding(keys))).toHaveLength(isRight ? 0 : 1);
  });

  it('says that there are keys where there were none', () => {
    expect(countDifferences(recorded(0), { ...holding(10), db3: 'keys=1,expires=0,avg_ttl=0' })).toEqual([
      'Database 3 has 1 key; the backup recorded none.',
    ]);
  });
});
