import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { withDeadline } from './deadline.js';
import { onAbort } from './on-abort.js';
import { withSilenceLimit } from './silence.js';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('onAbort', () => {
  it('tells all who still wait, in order, by one listener', () => {
    const [stop, told] = [new AbortController(), [] as number[]];
    const offs = Array.from({ length: 30 }, (_, index) => onAbort(stop.signal, () => told.push(index)));
    offs.slice(3).forEach((off) => off());
    expect(listeners(stop.signal)).toBe(1);
    stop.abort();
    expect(told).toEqual([0, 1, 2]);
  });

  it('counts one who waits twice as two', () => {
    const stop = new AbortController();
    let told = 0;
    const heard = (): void => void told++;
    const off = onAbort(stop.signal, heard);
    onAbort(stop.signal, heard);
    off();
    stop.abort();
    expect(told).toBe(1);
  });

  it('does not tell one who went away because of what another one heard', () => {
    const [stop, told] = [new AbortController(), [] as string[]];
    onAbort(stop.signal, () => off());
    const off = onAbort(stop.signal, () => told.push('late'));
    stop.abort();
    expect(told).toEqual([]);
  });
});

it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  ['withDeadline', (signal) => withDeadline(60_000, signal, () => Promise.resolve())],
  ['withSilenceLimit', (signal) => withSilenceLimit(60_000, signal, () => Promise.resolve())],
])('%s puts one listener at most on a signal, whatever goes on under it', async (_, work) => {
  const stop = new AbortController();
  const going = Array.from({ length: 30 }, () => work(stop.signal));
  expect(listeners(stop.signal)).toBe(1);
  await Promise.all(going);
  await work(stop.signal);
  expect(listeners(stop.signal)).toBe(1);
});
