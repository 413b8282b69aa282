import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { encodeCursor, pageQuery, toPage } from './page.js';

const query = z.strictObject(pageQuery('number'));

describe('toPage', () => {
  const page = (rows: number[], limit: number) =>
    toPage(
      rows,
      limit,
      (row) => row,
      (row) => `item ${row}`,
    );

  it('has no next page when there is no surplus row', () => {
    expect(page([], 2)).toEqual({ items: [], nextCursor: null });
    expect(page([1, 2], 2)).toEqual({ items: ['item 1', 'item 2'], nextCursor: null });
  });

  it('ends at the last row that it shows', () => {
    expect(page([1, 2, 3], 2)).toEqual({ items: ['item 1', 'item 2'], nextCursor: encodeCursor(2) });
  });
});

describe('pageQuery', () => {
  it('fills in the limit and reads its own cursor', () => {
    expect(query.parse({})).toEqual({ limit: 50 });
    expect(query.parse({ limit: '200', cursor: encodeCursor(17) })).toEqual({ limit: 200, cursor: '17' });
  });

  it.each([
    { limit: '0' },
    { limit: '201' },
    { limit: ['1', '2'] },
    { cursor: encodeCursor('1; DROP') },
    { cursor: 'é' },
  ])('refuses %j', (given) => {
    expect(query.safeParse(given).success).toBe(false);
  });
});
