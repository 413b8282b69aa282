import { describe, expect, it } from '@jest/globals';
import { ChangeQueue } from './change-queue.js';

describe('ChangeQueue', () => {
  it('carries out together what arrived during a round', async () => {
    const rounds: (readonly number[])[] = [];
    const queue = new ChangeQueue<number>(async (changes) => void rounds.push(changes));
    await Promise.all([1, 2, 3].map((change) => queue.add(change)));
    await queue.add(4);
    expect(rounds).toEqual([[1], [2, 3], [4]]);
  });

  it('rejects only the changes of the round that failed', async () => {
    const failure = new Error('failed');
    const queue = new ChangeQueue<number>(async (changes) => {
      if (changes.includes(1)) throw failure;
    });
    const settled = await Promise.allSettled([1, 2, 3].map((change) => queue.add(change)));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });
});
