import { describe, expect, it } from '@jest/globals';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { parseRdb } from './rdb-parser.js';
import { newestFormat, requireLoadable } from './format.js';
import { formatInFooter, rdbDatabase, rdbEnd, rdbFunctions, rdbHead, rdbKey, rdbLength } from './writer.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
/** A string value as DUMP has it, without its footer. */
const value = (length: number): Uint8Array[] => [rdbLength(length), new Uint8Array(length)];

const parsed = (parts: readonly Uint8Array[], horizon: number | null = null) => {
  const left = [Buffer.concat(parts)];
  return parseRdb(
    () => left.shift() ?? null,
    (bytes) => hash('sha1', bytes, 'binary'),
    horizon,
  );
};

describe('an RDB file that is put together', () => {
  it('holds what was put in, as the reader sees it', () => {
    const key = fc.record({
      name: fc.uint8Array({ maxLength: 300 }),
      length: fc.integer({ min: 0, max: 70_000 }),
      expiresAt: fc.option(fc.integer({ min: 0, max: 2 ** 43 })),
    });
    const databases = fc.uniqueArray(
      fc.record({ index: fc.integer({ min: 0, max: 20_000 }), keys: fc.array(key, { minLength: 1, maxLength: 5 }) }),
      { selector: ({ index }) => index, maxLength: 4 },
    );
    fc.assert(
      fc.property(databases, fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }), (wanted, libraries) => {
        const file = [
          rdbHead(12),
          ...libraries.flatMap(rdbFunctions),
          ...wanted.flatMap(({ index, keys }) => [
            ...rdbDatabase(index),
            ...keys.flatMap(({ name, length, expiresAt }) => [...rdbKey(name, 0, expiresAt), ...value(length)]),
          ]),
          rdbEnd(),
        ];
        expect(parsed(file)).toMatchObject({
          rdbVersion: 12,
          functions: libraries.length,
          databases: [...wanted]
            .sort((a, b) => a.index - b.index)
            .map(({ index, keys }) => ({
              index,
              keys: keys.length,
              expiring: keys.filter(({ expiresAt }) => expiresAt !== null).length,
            })),
        });
      }),
      { numRuns: 100 },
    );
  });

  it('says when a key expires, to the millisecond', () => {
    const at = Date.UTC(2031, 1, 2, 3, 4, 5, 678);
    const file = [rdbHead(9), ...rdbDatabase(0), ...rdbKey(text('k'), 0, at), ...value(1), rdbEnd()];
    expect(parsed(file, at - 1)).toMatchObject({ databases: [{ expiring: 1, lasting: 1 }] });
    expect(parsed(file, at)).toMatchObject({ databases: [{ expiring: 1, lasting: 0 }] });
  });

  it.each([0, 63, 64, 16_383, 16_384, 2 ** 32 - 1, 2 ** 32, 2 ** 40])('writes the length %d', (length) => {
    const bytes = Buffer.from(rdbLength(length));
    const first = bytes.readUInt8();
    const sizes = { 0: 1, 1: 2 }[first >> 6] ?? (first === 0x80 ? 5 : 9);
    expect(bytes).toHaveLength(sizes);
    const read = { 1: () => first, 2: () => bytes.readUInt16BE() & 0x3fff, 5: () => bytes.readUInt32BE(1) };
    const found = sizes === 9 ? Number(bytes.readBigUInt64BE(1)) : read[sizes as 1 | 2 | 5]();
    expect(found).toBe(length);
  });
});

describe('the RDB format of a version', () => {
  it.each([
    ['6.0', 9],
    ['6.2', 9],
    ['7.0', 10],
    ['7.2', 11],
    ['7.4', 12],
    ['8.0', 12],
    ['8.2', 12],
  ])('of %s is %d', (version, format) => {
    expect(newestFormat(version)).toBe(format);
    expect(() => requireLoadable(rdbHead(format), version)).not.toThrow();
    expect(() => requireLoadable(rdbHead(format + 1), version)).toThrow(`Redis ${version} reads up to ${format}`);
  });

  it('refuses what is no RDB file, and the format of another server', () => {
    for (const bytes of [
      new Uint8Array(),
      text('REDIS'),
      text('REDISabcd'),
      text('<!doctype html>'),
      rdbHead(12).subarray(1),
    ]) {
      expect(() => requireLoadable(bytes, '8.0')).toThrow(expect.objectContaining({ code: 'import_invalid' }));
    }
    expect(() => requireLoadable(text('VALKEY080'), '8.0')).toThrow(
      expect.objectContaining({ code: 'import_too_new' }),
    );
  });

  it('stands at the end of a DUMP', () => {
    expect(formatInFooter(Uint8Array.of(12, 0, 1, 2, 3, 4, 5, 6, 7, 8))).toBe(12);
    expect(formatInFooter(Uint8Array.of(1, 1))).toBe(257);
  });
});
