import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '#contracts/http/operations.js';
import type { CheckedPromotion } from '../support/checker/checked-promotion.js';
import { openOnce } from '../support/checker/direct-link.js';
import { LiveTree } from '../support/live-tree.js';
import { Live } from '../support/live.js';
import type { SlowLink } from '../support/slow-link.js';

/** Promotions over a link that is long, narrow, silent or broken: the pause stays bounded, and who cannot be promoted leaves the primary as it was. */

jest.setTimeout(120_000);

/** The replica is waited for during two seconds at most; all else that a pause has in it must fit into as much again. */
const longestPauseMs = 4_000;
const load = { clients: 16, thinkMs: 2 };

let live: Live;
let tree: LiveTree;
let line: SlowLink;

beforeAll(async () => {
  // Nobody puts the link right behind the test's back.
  live = await Live.start({ HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  tree = await LiveTree.make(live, 'linked', { version: '8.0' });
}, 90_000);

afterAll(() => live.close(), 60_000);

afterEach(() => line.close());

const longestWait = ({ longest }: CheckedPromotion): number => Math.max(...longest.map(({ waitMs }) => waitMs));

/** More than a narrow line takes within the time that a promotion has. */
const fallBehind = async (): Promise<void> => {
  const client = await openOnce(tree.primary.address, tree.login);
  await client.set('large', 'x'.repeat(2_000_000));
  client.disconnect();
};

/** Fails, the primary stays the primary, and nobody lost anything. */
const refused = async (spoil: () => void | Promise<void>): Promise<{ operation: Operation; waitMs: number }> => {
  const before = tree.primary;
  let operation: Operation | null = null;
  const result = await tree.checked(load, async () => {
    await spoil();
    operation = await tree.tryPromotion();
  });
  expect(result).toMatchObject({ complaints: [], overlaps: [] });
  expect(tree.primary).toBe(before);
  expect((await live.show(before.id)).role).toBe('primary');
  return { operation: operation!, waitMs: longestWait(result) };
};

const promoted = async (): Promise<number> => {
  const result = await tree.checked(load);
  expect(result).toMatchObject({ complaints: [], overlaps: [] });
  return longestWait(result);
};

const wouldLose = { status: 'failed', error: { code: 'promotion_would_lose_writes' } };

describe('a link', () => {
  it('that is long makes the pause longer and loses nothing', async () => {
    line = await tree.slowLink();
    line.set({ delayMs: 40 });
    expect(await promoted()).toBeLessThan(longestPauseMs);
  });

  it('that is too narrow for what is under way makes the promotion fail in time', async () => {
    line = await tree.slowLink();
    const { operation, waitMs } = await refused(async () => {
      line.set({ bytesPerSecond: 100_000 });
      await fallBehind();
    });
    expect(operation).toMatchObject(wouldLose);
    expect(waitMs).toBeLessThan(longestPauseMs);
    line.heal();
    expect(await promoted()).toBeLessThan(longestPauseMs);
  });

  it('that went silent makes the promotion fail in time', async () => {
    line = await tree.slowLink();
    const { operation, waitMs } = await refused(() => line.stall());
    expect(operation).toMatchObject(wouldLose);
    expect(waitMs).toBeLessThan(longestPauseMs);
    line.heal();
    expect(await promoted()).toBeLessThan(longestPauseMs);
  });

  it('that is broken makes the promotion fail without a pause', async () => {
    line = await tree.slowLink();
    const { operation, waitMs } = await refused(() => line.cut());
    expect(operation).toMatchObject(wouldLose);
    expect(waitMs).toBeLessThan(1_000);
  });
});
