import { describe, expect, it } from '@jest/globals';
import { compareKeyspace, type Keyspace } from './compare-keyspace.js';

const recorded = {
  rdbVersion: 12,
  redisVersion: '8.0.0',
  databases: [
    { index: 0, keys: 10, expiring: 4, lasting: 2 },
    { index: 3, keys: 1, expiring: 0, lasting: 0 },
    { index: 5, keys: 1, expiring: 1, lasting: 0 },
  ],
  functions: 1,
  hasExpiringFields: false,
  persistentDigest: '00000000000000aa',
  lastingDigest: '00000000000000bb',
};
const found: Keyspace = { ...recorded, valueDigest: null };
const database = (index: number, changes: object) => ({
  ...found,
  databases: found.databases.map((one) => (one.index === index ? { ...one, ...changes } : one)),
});

describe('compareKeyspace', () => {
  it('finds nothing when all is there, nor when only what expires before the horizon is gone', () => {
    expect(compareKeyspace(recorded, found)).toEqual([]);
    const later = database(0, { keys: 8, expiring: 2 });
    expect(compareKeyspace(recorded, { ...later, databases: later.databases.slice(0, 2) })).toEqual([]);
  });

  it.each<[string, Keyspace]>([
    ['a key is missing', database(0, { keys: 9 })],
    ['a key is more', database(3, { keys: 2 })],
    ['a key expires that did not', database(0, { expiring: 5 })],
    ['more keys expire than did', database(0, { keys: 11, expiring: 5 })],
    ['a lasting key is gone', database(0, { keys: 9, expiring: 3, lasting: 1 })],
    ['a database is gone', { ...found, databases: found.databases.slice(0, 1) }],
    [
      'a database is more',
      { ...found, databases: [...found.databases, { index: 9, keys: 1, expiring: 0, lasting: 0 }] },
    ],
    ['a library is missing', { ...found, functions: 0 }],
    ['the keys are others', { ...found, persistentDigest: '00000000000000ab' }],
    ['the lasting keys are others', { ...found, lastingDigest: '00000000000000bc' }],
  ])('says that %s', (_what, keyspace) => {
    expect(compareKeyspace(recorded, keyspace)).not.toEqual([]);
  });

  const fading = {
    ...recorded,
    hasExpiringFields: true,
    databases: recorded.databases.map((one) => (one.index === 0 ? { ...one, fading: 1 } : one)),
  };

  it('lets a hash be gone whose fields expire, whether or not it expires itself', () => {
    const persistent = database(0, { keys: 9 });
    expect(compareKeyspace(fading, { ...persistent, persistentDigest: '00000000000000ab' })).toEqual([]);
    const lasting = database(0, { keys: 9, expiring: 3, lasting: 1 });
    expect(compareKeyspace(fading, { ...lasting, lastingDigest: '00000000000000bc' })).toEqual([]);
  });

  it.each<[string, Keyspace]>([
    ['more keys are gone than such hashes', database(0, { keys: 8 })],
    ['a key of another database is gone', database(3, { keys: 0 })],
    ['there is one more', database(0, { keys: 11 })],
    ['all are there, and are others', { ...found, persistentDigest: '00000000000000ab' }],
  ])('says with them too that %s', (_what, keyspace) => {
    expect(compareKeyspace(fading, keyspace)).not.toEqual([]);
  });

  it('says what is where', () => {
    expect(compareKeyspace(recorded, database(3, { keys: 2 }))).toEqual([
      'Database 3 has 2 keys without an expiry; the backup has 1.',
    ]);
  });
});
