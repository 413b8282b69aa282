import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { operationKinds } from '../operation/kinds.js';
import { environmentNamePattern, handlePattern } from './handle.js';
import { persistenceLabels, persistenceModes, persistenceSettings } from './persistence.js';
import {
  cpuShares,
  leastStopGraceSeconds,
  maxmemoryBytes,
  memoryBoundsMb,
  memoryLimitBytes,
  mostStopGraceSeconds,
  stopGraceSeconds,
} from './size.js';

const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const others = [...'._-'];

describe('handlePattern', () => {
  it('takes exactly 1 to 64 of its characters, a letter or digit first', () => {
    const handle = fc
      .tuple(fc.constantFrom(...letters), fc.array(fc.constantFrom(...letters, ...others), { maxLength: 63 }))
      .map(([first, rest]) => first + rest.join(''));
    fc.assert(fc.property(handle, (text) => handlePattern.test(text)));
  });

  it('refuses any text with another character, at any place', () => {
    const stranger = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
      .filter((one) => ![...letters, ...others].includes(one));
    fc.assert(
      fc.property(
        fc.nat(5),
        stranger,
        (at, one) => !handlePattern.test(`${'abcdef'.slice(0, at)}${one}${'abcdef'.slice(at)}`),
      ),
    );
  });

  it.each([
    [
      '',
      '.',
      '-',
      '_',
      '.hidden',
      '-flag',
      '_x',
      '../etc',
      'a/b',
      'a\\b',
      'a b',
      'a\n',
      'a\u0000',
      'A',
      'é',
      'ａ',
      'a\u200b',
      'x'.repeat(65),
    ],
  ])('refuses path, flag and Unicode tricks', (...handles) => {
    expect(handles.filter((handle) => handlePattern.test(handle))).toEqual([]);
  });
});

describe('environmentNamePattern', () => {
  it('is part of a network name, so it has no dots', () => {
    expect(['a', 'staging-2', 'x'.repeat(32)].every((name) => environmentNamePattern.test(name))).toBe(true);
    expect(['', 'a.b', '-a', 'a_b', 'A', 'x'.repeat(33), 'a\n'].some((name) => environmentNamePattern.test(name))).toBe(
      false,
    );
  });
});

describe('persistence', () => {
  it("is the reference's, to the letter", () => {
    expect(persistenceSettings).toEqual({
      aof: { appendonly: 'yes', appendfsync: 'everysec', save: '900 1 300 10 60 10000' },
      rdb: { appendonly: 'no', appendfsync: 'everysec', save: '900 1 300 10 60 10000' },
      none: { appendonly: 'no', appendfsync: 'everysec', save: '' },
    });
    expect(persistenceLabels).toEqual({ aof: null, rdb: 'RDB-Only Persistence', none: 'NO PERSISTENCE' });
  });
});

describe('maxmemoryBytes', () => {
  const memoryMb = fc.integer({ min: memoryBoundsMb.minimum, max: memoryBoundsMb.maximum });
  const mode = fc.constantFrom(...persistenceModes);

  it('is above nothing and leaves headroom, at every size and mode', () => {
    fc.assert(
      fc.property(memoryMb, mode, (size, one) => {
        const data = maxmemoryBytes(size, one);
        expect(data).toBeGreaterThan(16 * 1024 * 1024);
        expect(Number.isSafeInteger(data)).toBe(true);
        expect(data).toBeLessThanOrEqual(memoryLimitBytes(size) * (one === 'none' ? 0.8 : 0.7));
      }),
    );
  });

  it('grows with the size', () => {
    fc.assert(fc.property(memoryMb, mode, (size, one) => maxmemoryBytes(size + 1, one) > maxmemoryBytes(size, one)));
  });

  it('leaves a server that forks more room than one that never does', () => {
    fc.assert(fc.property(memoryMb, (size) => maxmemoryBytes(size, 'aof') < maxmemoryBytes(size, 'none')));
  });

  it('is 734,003,200 bytes less the overhead at the default size', () => {
    expect(maxmemoryBytes(1024, 'aof')).toBe(734_003_200);
    expect(maxmemoryBytes(1024, 'none')).toBe(838_860_800);
  });
});

describe('stopGraceSeconds', () => {
  it('grows with what there may be to save', () => {
    expect([64, 1024, 10_240, 102_400].map(stopGraceSeconds)).toEqual([32, 51, 235, 2078]);
  });

  it('is never below what a small server has, and never above what an operation has time for', () => {
    const memoryMb = fc.integer({ min: memoryBoundsMb.minimum, max: memoryBoundsMb.maximum });
    fc.assert(
      fc.property(memoryMb, (size) => {
        expect(stopGraceSeconds(size)).toBeGreaterThan(leastStopGraceSeconds);
        expect(stopGraceSeconds(size)).toBeLessThanOrEqual(mostStopGraceSeconds);
        expect(stopGraceSeconds(size)).toBeLessThanOrEqual(stopGraceSeconds(size + 1));
      }),
    );
    // A call of the engine, and the wait for an answer afterwards.
    const othersSeconds = 60 + 240;
    for (const kind of ['restart', 'reload', 'configure', 'upgrade', 'go-back'] as const)
      expect(operationKinds[kind].timeoutMs).toBeGreaterThan((mostStopGraceSeconds + othersSeconds) * 1000);
  });
});

describe('cpuShares', () => {
  it('is a quarter of a CPU for each GB, and never below the least that the kernel takes', () => {
    expect([64, 1024, 4096].map(cpuShares)).toEqual([16, 256, 1024]);
    expect(cpuShares(1)).toBe(2);
  });
});
