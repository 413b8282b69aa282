import type { ByteReader } from './byte-reader.js';
import { readLength, skipLengths, skipString, skipStrings } from './encoding.js';
import type { KeyType } from './key-digest.js';

/** How a value of one type in the file is passed over, and what `TYPE` calls it. */
export interface ValueForm {
  readonly type: KeyType;
  readonly skip: (reader: ByteReader) => void;
  /** A hash whose fields may expire. */
  readonly expiringFields?: true;
}

const skipList = (reader: ByteReader): void => skipStrings(reader, readLength(reader));

const skipPairs = (reader: ByteReader): void => skipStrings(reader, 2 * readLength(reader));

/** Scores are text with its length in one byte; the three highest lengths stand for infinities and for what is no number. */
const skipTextScores = (reader: ByteReader): void => {
  const length = readLength(reader);
  for (let index = 0; index < length; index += 1) {
    skipString(reader);
    const score = reader.byte();
    if (score < 253) reader.skip(score);
  }
};

const skipBinaryScores = (reader: ByteReader): void => {
  const length = readLength(reader);
  for (let index = 0; index < length; index += 1) {
    skipString(reader);
    reader.skip(8);
  }
};

/** Each node says whether it is packed. */
const skipQuicklist2 = (reader: ByteReader): void => {
  const length = readLength(reader);
  for (let index = 0; index < length; index += 1) {
    readLength(reader);
    skipString(reader);
  }
};

/** The earliest expiry, then a time to live before each field. */
const skipHashWithMetadata = (reader: ByteReader): void => {
  reader.skip(8);
  const length = readLength(reader);
  for (let index = 0; index < length; index += 1) {
    readLength(reader);
    skipStrings(reader, 2);
  }
};

const skipListpackWithExpiry = (reader: ByteReader): void => {
  reader.skip(8);
  skipString(reader);
};

/** Valkey's form: an expiry in milliseconds after each field. */
const skipValkeyHash = (reader: ByteReader): void => {
  const length = readLength(reader);
  for (let index = 0; index < length; index += 1) {
    skipStrings(reader, 2);
    reader.skip(8);
  }
};

const streamIdBytes = 16;
const timeBytes = 8;

const streamSkipper =
  (version: 1 | 2 | 3) =>
  (reader: ByteReader): void => {
    skipPairs(reader);
    // Length and last id; since the second version first id, highest deleted id and how many were ever added.
    skipLengths(reader, version === 1 ? 3 : 8);
    const groups = readLength(reader);
    for (let index = 0; index < groups; index += 1) skipConsumerGroup(reader, version);
  };

const skipConsumerGroup = (reader: ByteReader, version: 1 | 2 | 3): void => {
  skipString(reader);
  skipLengths(reader, version === 1 ? 2 : 3);
  const pending = readLength(reader);
  for (let index = 0; index < pending; index += 1) {
    reader.skip(streamIdBytes + timeBytes);
    readLength(reader);
  }
  const consumers = readLength(reader);
  for (let index = 0; index < consumers; index += 1) {
    skipString(reader);
    reader.skip(version === 3 ? 2 * timeBytes : timeBytes);
    reader.skip(readLength(reader) * streamIdBytes);
  }
};

/** By the number in the file, which Redis names in rdb.h. Missing: modules' types (6, 7), and those of release candidates (22, 23). */
const redisForms: readonly (readonly [number, ValueForm])[] = [
  [0, { type: 'string', skip: skipString }],
  [1, { type: 'list', skip: skipList }],
  [2, { type: 'set', skip: skipList }],
  [3, { type: 'zset', skip: skipTextScores }],
  [4, { type: 'hash', skip: skipPairs }],
  [5, { type: 'zset', skip: skipBinaryScores }],
  // Zipmap, ziplists, intset, and further down listpacks: each one string.
  [9, { type: 'hash', skip: skipString }],
  [10, { type: 'list', skip: skipString }],
  [11, { type: 'set', skip: skipString }],
  [12, { type: 'zset', skip: skipString }],
  [13, { type: 'hash', skip: skipString }],
  [14, { type: 'list', skip: skipList }],
  [15, { type: 'stream', skip: streamSkipper(1) }],
  [16, { type: 'hash', skip: skipString }],
  [17, { type: 'zset', skip: skipString }],
  [18, { type: 'list', skip: skipQuicklist2 }],
  [19, { type: 'stream', skip: streamSkipper(2) }],
  [20, { type: 'set', skip: skipString }],
  [21, { type: 'stream', skip: streamSkipper(3) }],
  [24, { type: 'hash', skip: skipHashWithMetadata, expiringFields: true }],
  [25, { type: 'hash', skip: skipListpackWithExpiry, expiringFields: true }],
];

/** Valkey went its own way after type 21. */
const valkeyForms: readonly (readonly [number, ValueForm])[] = [
  ...redisForms.filter(([number]) => number <= 21),
  [22, { type: 'hash', skip: skipValkeyHash, expiringFields: true }],
];

const byNumber = (forms: readonly (readonly [number, ValueForm])[]): readonly (ValueForm | undefined)[] => {
  const table = new Array<ValueForm | undefined>(256).fill(undefined);
  for (const [number, form] of forms) table[number] = form;
  return table;
};

export const valueForms = { redis: byNumber(redisForms), valkey: byNumber(valkeyForms) } as const;
export type Dialect = keyof typeof valueForms;
