import { describe, expect, it } from '@jest/globals';
import { databaseStatuses } from '../database/status.js';
import { databaseStatusAfter, statusesToBegin } from './effects.js';
import { backoffMs, operationKindNames, operationKinds } from './kinds.js';
import { isFinished, nextStatus, operationEvents, operationStatuses } from './state-machine.js';

/** The whole machine, written a second time: what is not here must not happen. */
const allowed: Record<string, string> = {
  'queued claim': 'running',
  'queued cancel': 'cancelled',
  'waiting claim': 'running',
  'waiting cancel': 'cancelled',
  'running wait': 'waiting',
  'running release': 'queued',
  'running rescue': 'queued',
  'running succeed': 'succeeded',
  'running fail': 'failed',
  'running cancel': 'cancelled',
};

const pairs = operationStatuses.flatMap((status) => operationEvents.map((event) => [status, event] as const));

describe('the state machine of an operation', () => {
  it.each(pairs)('%s, %s', (status, event) => {
    expect(nextStatus(status, event)).toBe(allowed[`${status} ${event}`] ?? null);
  });

  it('never leaves a finished status, and can leave every other', () => {
    expect(operationStatuses.filter(isFinished)).toEqual(['succeeded', 'failed', 'cancelled']);
  });

  it('can finish from wherever it is', () => {
    const finishes = (status: (typeof operationStatuses)[number], seen: readonly string[] = []): boolean =>
      isFinished(status) ||
      operationEvents.some((event) => {
        const next = nextStatus(status, event);
        return next !== null && !seen.includes(next) && finishes(next, [...seen, status]);
      });
    expect(operationStatuses.every((status) => finishes(status))).toBe(true);
  });
});

describe('what an operation means for its database', () => {
  it.each(operationKindNames)('%s can begin again where its own claim has put the database', (kind) => {
    const claimed = databaseStatusAfter[kind].claim;
    // Otherwise a crash after the claim would leave a database that no attempt may touch.
    if (claimed) expect(statusesToBegin[kind]).toContain(claimed);
    expect(statusesToBegin[kind].length).toBeGreaterThan(0);
  });

  it.each(operationKindNames)('%s can be retried where its own failure has put the database', (kind) => {
    const failed = databaseStatusAfter[kind].fail;
    if (failed) expect(statusesToBegin[kind]).toContain(failed);
  });

  it('leaves every status but the last one a way on', () => {
    const stuck = databaseStatuses.filter((status) =>
      operationKindNames
        .filter((kind) => operationKinds[kind].exclusive)
        .every((kind) => !statusesToBegin[kind].includes(status)),
    );
    expect(stuck).toEqual(['deprovisioned']);
  });

  it('can reach every status', () => {
    const reached = operationKindNames.flatMap((kind) => Object.values(databaseStatusAfter[kind]));
    expect(new Set(['pending', ...reached])).toEqual(new Set(databaseStatuses));
  });
});

describe('backoffMs', () => {
  it.each(operationKindNames)('of %s doubles up to its maximum and covers the engine being restarted', (kind) => {
    const { attempts, backoff } = operationKinds[kind];
    const waits = Array.from({ length: attempts - 1 }, (_, index) => backoffMs(kind, index + 1));
    expect(waits[0]).toBe(backoff.firstMs);
    waits.slice(1).forEach((wait, index) => expect(wait).toBe(Math.min(backoff.maximumMs, (waits[index] ?? 0) * 2)));
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(5_000);
  });

  it('never overflows', () => {
    expect(backoffMs('provision', 0)).toBe(500);
    expect(backoffMs('provision', 10_000)).toBe(30_000);
  });
});
