import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LiveTree } from '../support/live-tree.js';
import { Live } from '../support/live.js';

/** Strict promotions while many clients write: nothing acknowledged is missing or reordered, and never do two servers take writes at once. */

jest.setTimeout(300_000);

/** `HOLDFAST_TEST_PROMOTIONS=30` for as many on each version. */
const promotions = Number(process.env['HOLDFAST_TEST_PROMOTIONS'] ?? 3);

let live: Live;

beforeAll(async () => {
  live = await Live.start();
}, 60_000);

afterAll(() => live.close(), 60_000);

const cases = [
  { version: '6.0', clients: 16, replicas: 1 },
  { version: '7.0', clients: 16, replicas: 1 },
  { version: '8.0', clients: 16, replicas: 2 },
  { version: '8.0', clients: 64, replicas: 1 },
];

describe.each(cases)('on version $version with $clients clients', ({ version, clients, replicas }) => {
  let tree: LiveTree;

  beforeAll(async () => {
    tree = await LiveTree.make(live, `p-${version}-${clients}`, { version }, replicas);
  }, 60_000);

  it('loses nothing, and has one primary at a time', async () => {
    for (let round = 0; round < promotions; round++) {
      const { complaints, overlaps, acknowledged } = await tree.checked({ clients }, () =>
        tree.promote(tree.members[(round + 1) % tree.members.length]),
      );
      expect({ round, complaints, overlaps }).toEqual({ round, complaints: [], overlaps: [] });
      expect(acknowledged).toBeGreaterThan(clients * 10);
    }
  });

  it('leaves a receipt of each', async () => {
    const { receipt } = await tree.promote();
    expect(receipt).toMatchObject({ method: 'switchover', mode: 'strict', lostBytes: 0 });
    expect(receipt).toMatchObject({ writePauseMs: expect.any(Number), requestedBy: expect.any(String) });
    expect(receipt?.['replicaOffset']).toBeGreaterThanOrEqual(Number(receipt?.['sourceOffset']));
  });
});
