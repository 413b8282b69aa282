import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { waitUntil } from './wait-until.js';

const options = { describe: 'the answer', deadlineMs: 2000, intervalMs: 5 };

describe('waitUntil', () => {
  it('returns the first result, over failures and empty checks', async () => {
    const answers = [() => Promise.reject(new Error('not yet')), async () => undefined, async () => 0];
    const result = await waitUntil(() => answers.shift()!(), options, new AbortController().signal);
    expect(result).toBe(0);
  });

  it('ends at the deadline with what went wrong last', async () => {
    const refused = new HoldfastError('server_not_ready', 'the port is closed');
    const waiting = waitUntil(
      () => Promise.reject(refused),
      { ...options, deadlineMs: 20 },
      new AbortController().signal,
    );
    await expect(waiting).rejects.toMatchObject({
      code: 'server_not_ready',
      detail: 'waited 20 ms for the answer: the port is closed',
      cause: refused,
    });
  });

  it('ends at the deadline though a check never settles', async () => {
    const waiting = waitUntil(
      () => new Promise<never>(() => undefined),
      { ...options, deadlineMs: 20 },
      new AbortController().signal,
    );
    await expect(waiting).rejects.toMatchObject({ code: 'server_not_ready', detail: 'waited 20 ms for the answer' });
  });

  it('passes the reason of a cancellation on, at once', async () => {
    const controller = new AbortController();
    const reason = new Error('shutdown');
    const waiting = waitUntil(async () => undefined, { ...options, intervalMs: 60_000 }, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(waitUntil(async () => 1, options, controller.signal)).rejects.toBe(reason);
  });
});
