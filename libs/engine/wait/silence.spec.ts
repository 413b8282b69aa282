import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DeadlineReached } from './deadline.js';
import { withSilenceLimit } from './silence.js';

const never = new AbortController().signal;
const forEver = () => new Promise<never>(() => undefined);

describe('withSilenceLimit', () => {
  it('rejects when the other side is waited for too long, and fires its signal', async () => {
    let seen: AbortSignal | null = null;
    const work = withSilenceLimit(10, never, ({ signal }) => {
      seen = signal;
      return forEver();
    });
    await expect(work).rejects.toBeInstanceOf(DeadlineReached);
    expect(seen).toMatchObject({ aborted: true });
  });

  it('does not count our own time', async () => {
    const work = withSilenceLimit(10, never, async (silence) => {
      silence.end();
      await pause(40);
      silence.begin();
      return 'done';
    });
    expect(await work).toBe('done');
  });

  it("rejects with the caller's reason at once, before and meanwhile", async () => {
    const [controller, reason] = [new AbortController(), new Error('shutdown')];
    const work = withSilenceLimit(60_000, controller.signal, forEver);
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    await expect(withSilenceLimit(60_000, controller.signal, forEver)).rejects.toBe(reason);
  });

  it('lets nothing of a failed work go on', async () => {
    const failure = new Error('failed');
    let seen: AbortSignal | null = null;
    const work = withSilenceLimit(60_000, never, ({ signal }) => {
      seen = signal;
      return Promise.reject(failure);
    });
    await expect(work).rejects.toBe(failure);
    expect(seen).toMatchObject({ aborted: true, reason: failure });
  });

  it('leaves no timer behind for whoever waits on after the end', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const late: (() => void)[] = [];
    await withSilenceLimit(60_000, never, (silence) => Promise.resolve(late.push(() => silence.begin())));
    const failed = withSilenceLimit(60_000, never, (silence) => {
      late.push(() => silence.begin());
      return Promise.reject(new Error('failed'));
    });
    await expect(failed).rejects.toThrow('failed');
    for (const begin of late) begin();
    expect(timers()).toBe(before);
  });
});
