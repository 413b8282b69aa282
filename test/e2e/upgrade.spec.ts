import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { checkedUpgrade, upgraded } from '../support/checker/checked-upgrade.js';
import { eventually } from '../support/eventually.js';
import { namedLike } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';

/** Upgrades under load, by swap and in place: what was acknowledged is there, and the database is the same one to its clients. */

jest.setTimeout(300_000);

const longestGapMs = 2_000;

let live: Live;

beforeAll(async () => {
  live = await Live.start();
}, 60_000);

afterAll(() => live.close(), 60_000);

describe('6.0 to 7.0 to 8.0 by swap', () => {
  let database: LiveDatabase;

  beforeAll(async () => {
    database = await live.provision('swapped', { version: '6.0' });
  }, 60_000);

  it.each(['7.0', '8.0'])('to %s loses nothing and has one writer at a time', async (version) => {
    const { complaints, overlaps, errors, longest, operation, acknowledged } = await checkedUpgrade(
      live,
      database,
      version,
      { clients: 16 },
    );
    expect({ complaints, overlaps, errors }).toEqual({ complaints: [], overlaps: [], errors: [] });
    expect(acknowledged).toBeGreaterThan(160);
    expect(Math.max(...longest.map(({ gapMs }) => gapMs))).toBeLessThan(longestGapMs);
    expect(operation.receipt).toMatchObject({ method: 'swap', version, lostBytes: 0 });
    console.log(JSON.stringify(operation.receipt), Math.max(...longest.map(({ gapMs }) => gapMs)));
    console.log(
      operation.steps.map((s) => `${s.name} ${Date.parse(s.finishedAt ?? '') - Date.parse(s.startedAt)}`).join(', '),
    );
    expect((await live.show(database.id)).version).toBe(version);
  });
});
void upgraded;
void eventually;
void namedLike;
