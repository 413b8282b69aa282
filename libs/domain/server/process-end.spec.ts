import { describe, expect, it } from '@jest/globals';
import { describeEnd, endedItself, wasAskedFor } from './process-end.js';

describe('how a server ended', () => {
  it.each([
    ['told to, with SHUTDOWN or while it loads', 0, false, { asked: true, itself: false }],
    ['told to, before it listens to signals', 143, false, { asked: true, itself: false }],
    ['killed', 137, false, { asked: false, itself: false }],
    ['killed by the kernel, for its memory', 137, true, { asked: false, itself: false }],
    ['by the kernel, which took another of its processes', 0, true, { asked: false, itself: false }],
    ['over what it reads', 1, false, { asked: false, itself: true }],
    ['over a panic', 134, false, { asked: false, itself: true }],
    ['over a fault', 139, false, { asked: false, itself: true }],
  ])('%s', (_, exitCode, outOfMemory, { asked, itself }) => {
    const end = { exitCode, outOfMemory };
    expect({ asked: wasAskedFor(end), itself: endedItself(end) }).toEqual({ asked, itself });
    expect(describeEnd(end)).toContain(`exit code ${String(exitCode)}`);
    expect(describeEnd(end).includes('no memory left')).toBe(outOfMemory);
  });
});
