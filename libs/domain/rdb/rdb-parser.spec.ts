import { createHash, hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HoldfastError } from '../errors/holdfast-error.js';
import { Crc64 } from './crc64.js';
import { parseRdb, type ChecksumUse, type RdbOutcome } from './rdb-parser.js';
import {
  hugeLength,
  length,
  milliseconds,
  packed,
  rdbFile,
  seconds,
  string,
  text,
  type Bytes,
} from './testing/rdb-bytes.js';

const sha1 = (bytes: Uint8Array): string => hash('sha1', bytes, 'binary');
const corrupt = expect.objectContaining({ code: 'backup_corrupt' });

const parse = (
  file: Uint8Array,
  horizon: number | null = null,
  piece = 5,
  checksum: ChecksumUse = 'left',
): RdbOutcome => {
  let at = 0;
  return parseRdb(() => (at < file.length ? file.subarray(at, (at += piece)) : null), sha1, horizon, checksum);
};

/** The same file, of a server that makes checksums. */
const withChecksum = (file: Uint8Array): Uint8Array => {
  const body = file.subarray(0, -8);
  const sum = new Crc64();
  sum.add(body);
  return Uint8Array.from([...body, ...sum.digest()]);
};

const digestOf = (...keys: string[]): string => {
  const sums = [0, 4].map((at) =>
    keys.reduce((sum, key) => (sum + createHash('sha1').update(key).digest().readUInt32BE(at)) % 2 ** 32, 0),
  );
  return sums.map((sum) => sum.toString(16).padStart(8, '0')).join('');
};

const after = [0, ...string('after'), ...string('it')];
const streamId: Bytes = new Array<number>(16).fill(1);
const time = milliseconds(1_700_000_000_000);
const score: Bytes = new Array<number>(8).fill(0);

const group = (version: 1 | 2 | 3): Bytes => [
  ...string('group'),
  ...length(1),
  ...length(1),
  ...(version > 1 ? hugeLength(2n ** 64n - 1n) : []),
  ...[...length(2), ...streamId, ...time, ...length(1), ...streamId, ...time, ...length(300)],
  ...[
    ...length(1),
    ...string('consumer'),
    ...time,
    ...(version > 2 ? time : []),
    ...length(2),
    ...streamId,
    ...streamId,
  ],
];
const stream = (version: 1 | 2 | 3): Bytes => [
  ...[...length(1), ...length(16), ...streamId, ...string('listpack')],
  ...new Array<number>(version === 1 ? 3 : 8).fill(1),
  ...[...length(1), ...group(version)],
];

const values: readonly (readonly [number, string, Bytes])[] = [
  [0, 'string', string('value')],
  [0, 'string', [0xc0, 1]],
  [0, 'string', [0xc1, 1, 2]],
  [0, 'string', [0xc2, 1, 2, 3, 4]],
  [0, 'string', packed('value')],
  [1, 'list', [2, ...string('a'), 0xc0, 1]],
  [2, 'set', [2, ...string('a'), ...packed('b')]],
  [3, 'zset', [5, ...['1.5', '-2'].flatMap((one) => [...string('a'), ...string(one)]), 0, 253, 0, 254, 0, 255]],
  [4, 'hash', [1, ...string('field'), ...string('value')]],
  [5, 'zset', [2, ...string('a'), ...score, ...string('b'), ...score]],
  [9, 'hash', string('zipmap')],
  [10, 'list', string('ziplist')],
  [11, 'set', string('intset')],
  [12, 'zset', string('ziplist')],
  [13, 'hash', string('ziplist')],
  [14, 'list', [2, ...string('ziplist'), ...packed('ziplist')]],
  [15, 'stream', stream(1)],
  [16, 'hash', string('listpack')],
  [17, 'zset', string('listpack')],
  [18, 'list', [2, 1, ...string('plain'), 2, ...packed('listpack')]],
  [19, 'stream', stream(2)],
  [20, 'set', string('listpack')],
  [21, 'stream', stream(3)],
  [24, 'hash', [...time, 2, 0, ...string('a'), ...string('b'), ...length(70_000), ...string('c'), ...string('d')]],
  [25, 'hash', [...time, ...string('listpack')]],
];

/** Everything that a file may hold and that is readable. */
const everything = rdbFile(
  [...[250, ...string('redis-ver'), ...string('8.0.2')], ...[250, ...string('x'.repeat(100)), ...packed('ctime')]],
  [247, ...hugeLength(123_456_789_012n), 2, 2, 1, 5, 2, 9, 3, 0, 0, 0, 0, 4, ...score, 5, ...string('text'), 0],
  [245, ...string('#!lua name=one')],
  [...[254, 0], ...[251, 5, 1], ...[244, ...length(16_000), 5, 1]],
  [...[248, ...length(500)], ...after, ...[249, 7], 0, ...string('b'), ...string('c')],
  values.flatMap(([type, , bytes], index) => [type, ...string(`key:${String(index)}`), ...bytes]),
  [...[254, ...length(300)], ...[252, ...milliseconds(2000)], ...after, ...[253, ...seconds(3)], 0, 0xc0, 0xf9, 0],
);

describe('parseRdb', () => {
  it.each(values)('passes over a value of type %i, a %s', (type, word, bytes) => {
    const file = rdbFile([type, ...string('key')], bytes, after);
    expect(parse(file)).toMatchObject({
      databases: [{ index: 0, keys: 2, expiring: 0, lasting: 0, fading: type > 21 ? 1 : 0 }],
      persistentDigest: digestOf(`0:${word}:key`, '0:string:after'),
      hasExpiringFields: type > 21,
    });
  });

  it('reads a hash of Valkey with expiring fields', () => {
    const hash = [
      22,
      ...string('key'),
      2,
      ...['a', 'b', 'c', 'd'].flatMap((one, at) => [...string(one), ...(at % 2 ? time : [])]),
    ];
    const file = rdbFile(hash, after);
    file.set(text('VALKEY080'));
    expect(parse(file)).toMatchObject({
      rdbVersion: 80,
      hasExpiringFields: true,
      databases: [{ keys: 2, fading: 1 }],
      persistentDigest: digestOf('0:hash:key', '0:string:after'),
    });
    expect(parse(rdbFile(hash, after))).toEqual({ unreadable: expect.stringContaining('type 22') });
  });

  const keys: readonly (readonly [string, Bytes])[] = [
    ['', [0]],
    ['-7', [0xc0, 0xf9]],
    ['-32768', [0xc1, 0, 0x80]],
    ['2147483647', [0xc2, 0xff, 0xff, 0xff, 0x7f]],
    ['-2147483648', [0xc2, 0, 0, 0, 0x80]],
    ['packed', packed('packed')],
    // One literal, then a reference that reaches into what it writes.
    ['a'.repeat(265), [0xc3, 5, ...length(265), 0, 97, 0xe0, 255, 0]],
    ['long'.repeat(50_000), string('long'.repeat(50_000))],
  ];
  it.each(keys)('hashes the bytes of a key in each encoding (%#)', (key, bytes) => {
    expect(parse(rdbFile([0, ...bytes, 0]))).toMatchObject({ persistentDigest: digestOf(`0:string:${key}`) });
  });

  it('tells keys that stay, that expire, and that expire after the horizon', () => {
    const expiring = (at: number, name: string): Bytes => [252, ...milliseconds(at), 0, ...string(name), 0];
    const horizon = 1_700_000_000_000;
    const file = rdbFile(expiring(horizon, 'at'), expiring(horizon + 1, 'after'), expiring(5, 'long ago'), after, [
      ...[254, 2, 253, ...seconds(horizon / 1000 + 1), 0, ...string('in seconds'), 0],
    ]);
    const databases = [
      { index: 0, keys: 4, expiring: 3, lasting: 1 },
      { index: 2, keys: 1, expiring: 1, lasting: 1 },
    ];
    const lastingDigest = digestOf('0:string:after', '2:string:in seconds');
    expect(parse(file, horizon)).toMatchObject({
      databases,
      lastingDigest,
      persistentDigest: digestOf('0:string:after'),
    });
    expect(parse(file)).toMatchObject({ lastingDigest: digestOf(), databases: [{ lasting: 0 }, { lasting: 0 }] });
  });

  it('reads all that stands between keys', () => {
    expect(parse(everything, 2500)).toMatchObject({
      ...{ rdbVersion: 12, redisVersion: '8.0.2', functions: 1, hasExpiringFields: true },
      databases: [
        { index: 0, keys: values.length + 2, expiring: 0, lasting: 0 },
        { index: 300, keys: 2, expiring: 2, lasting: 1 },
      ],
      lastingDigest: digestOf('300:string:-7'),
    });
  });

  it('needs every byte, and allows none after the last', () => {
    for (let end = 0; end < everything.length; end += 1)
      expect(() => parse(everything.subarray(0, end))).toThrow(corrupt);
    expect(() => parse(Uint8Array.from([...everything, 0]))).toThrow(corrupt);
  });

  it.each([
    ["a module's type", rdbFile([7, ...string('key'), 2, 1, 0])],
    ['type 8', rdbFile([8, 0])],
    ['type 26', rdbFile([26, 0])],
    ['type 243', rdbFile([243])],
    ['release candidate', rdbFile([246])],
    ['a key of', rdbFile([0, ...hugeLength(2n ** 40n)])],
    ['a key of', rdbFile([0, 0xc3, 5, ...hugeLength(2n ** 40n)])],
    ['version 13', Uint8Array.from(text('REDIS0013'))],
  ])('does not guess: %s', (reason, file) => {
    expect(parse(file)).toEqual({ unreadable: expect.stringContaining(reason) });
  });

  it.each([
    ['no file', Uint8Array.from([])],
    ['something else', Uint8Array.from(text('*1\r\n$4\r\nPING\r\n'))],
    ['a value longer than the file', rdbFile([0, 0, ...hugeLength(2n ** 63n)])],
    ['a list longer than the file', rdbFile([1, 0, ...hugeLength(2n ** 64n - 1n)])],
    ['a key of 30 MB that is not there', rdbFile([0, ...length(30_000_000)])],
    ['a key that unpacks to more than it can', rdbFile([0, 0xc3, 2, ...length(30_000_000), 0, 1])],
    ['a key that refers to before its start', rdbFile([0, 0xc3, 4, 4, 0, 97, 0x20, 5, 0])],
    ['a key that unpacks to less', rdbFile([0, 0xc3, 2, 2, 0, 1, 0])],
    ['a string where a length should be', rdbFile([254, 0xc0, 1])],
    ['an unknown kind of length', rdbFile([0, 0xc4])],
  ])('refuses %s', (_, file) => {
    expect(() => parse(file)).toThrow(corrupt);
  });

  it.each([1, 5, 1000])('checks the checksum when it is asked to, in pieces of %d', (piece) => {
    const file = withChecksum(everything);
    expect(parse(file, 2500, piece, 'checked')).toEqual(parse(everything, 2500));
    expect(parse(everything, 2500, piece, 'checked')).toEqual(parse(everything, 2500));
    for (const at of [file.length - 1, file.length - 8, 40]) {
      const flipped = file.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => parse(flipped, 2500, piece, 'checked')).toThrow(corrupt);
    }
    const flipped = file.map((byte, index) => (index === file.length - 1 ? byte ^ 1 : byte));
    expect(parse(flipped, 2500, piece)).toEqual(parse(everything, 2500));
  });

  it('ends with an answer whatever bytes are changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(everything.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
    const property = fc.property(changes, fc.integer({ min: 1, max: 300 }), (changed, piece) => {
      const file = Uint8Array.from(everything);
      for (const [at, byte] of changed) file[at] = byte;
      try {
        parse(file, 2500, piece);
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        expect(error.code).toBe('backup_corrupt');
      }
    });
    fc.assert(property, { numRuns: 3000 });
  });
});
