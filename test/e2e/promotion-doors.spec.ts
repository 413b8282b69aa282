import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CheckedPromotion } from '../support/checker/checked-promotion.js';
import { DoorLink } from '../support/checker/door-link.js';
import { RedisPyClient } from '../support/checker/redis-py.js';
import { LiveTree } from '../support/live-tree.js';
import { Live } from '../support/live.js';

/** Applications that only know the `primary` door: a promotion drops their connections once, and their libraries do the rest. */

jest.setTimeout(120_000);

/** Enough for a library that waits longer and longer; one that is told another address waits for a person. */
const longestGapMs = 2_000;

/** redis-py hands on what interrupts a pipeline or a transaction, whatever its retry settings; single commands and logins it retries. */
const pipelineBroken = /^Connection closed by server\.$/;

let live: Live;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start();
  authorityPem = await live.authorityPem();
}, 60_000);

afterAll(() => live.close(), 60_000);

describe.each(['6.0', '7.0', '8.0'])('the primary door of version %s', (version) => {
  let tree: LiveTree;

  beforeAll(async () => {
    tree = await LiveTree.make(live, `door-${version}`, { version });
  }, 60_000);

  const expectNothingHappened = (promotion: CheckedPromotion, but: RegExp | null = null): void => {
    const { complaints, overlaps, longest } = promotion;
    const errors = promotion.errors.filter(({ text }) => !but?.test(text));
    expect({ complaints, overlaps, errors }).toEqual({ complaints: [], overlaps: [], errors: [] });
    expect(Math.max(...longest.map(({ gapMs }) => gapMs))).toBeLessThan(longestGapMs);
  };

  it('is enough for ioredis as it comes', async () => {
    const door = tree.door();
    for (let round = 0; round < 2; round++)
      expectNothingHappened(
        await tree.checked({ clients: 16, thinkMs: 2, link: () => new DoorLink(door, tree.login) }),
      );
  });

  it('is enough for ioredis over TLS', async () => {
    const door = tree.door('redis+ssl');
    const tls = { ca: authorityPem };
    expectNothingHappened(
      await tree.checked({ clients: 8, thinkMs: 2, link: () => new DoorLink(door, tree.login, { tls }) }),
    );
  });

  it('is enough for redis-py with its own retries', async () => {
    const door = tree.door();
    const foreign = (client: number, key: string) => new RedisPyClient(client, door, tree.login, { key, thinkMs: 2 });
    for (let round = 0; round < 2; round++)
      expectNothingHappened(await tree.checked({ clients: 4, foreign }), pipelineBroken);
  });
});
