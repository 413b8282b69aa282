import { HoldfastError } from '../errors/holdfast-error.js';
import type { ByteReader } from './byte-reader.js';
import { unpackLzf } from './lzf.js';
import { Unreadable } from './unreadable.js';

/** Longer keys and their like are not held in memory. Redis allows 512 MB. */
const longestHeld = 32 * 1024 * 1024;

export const corrupt = (reader: ByteReader, what: string): HoldfastError =>
  new HoldfastError('backup_corrupt', `The RDB file has ${what} at byte ${String(reader.position)}`);

/** What stands where a length is expected: the length, or below zero one of the encodings that a string may have. */
const encoding = { int8: -1, int16: -2, int32: -3, lzf: -4 } as const;

/** A length of 64 bits loses its low digits; no file is that long. */
export const readLengthOrEncoding = (reader: ByteReader): number => {
  const first = reader.byte();
  if (first < 0x40) return first;
  if (first < 0x80) return ((first & 0x3f) << 8) | reader.byte();
  if (first === 0x80) return readBigEndian32(reader);
  if (first === 0x81) return readBigEndian32(reader) * 2 ** 32 + readBigEndian32(reader);
  if (first >= 0xc0 && first <= 0xc3) return 0xbf - first;
  throw corrupt(reader, 'no length');
};

export const readLength = (reader: ByteReader): number => {
  const length = readLengthOrEncoding(reader);
  if (length < 0) throw corrupt(reader, 'a string instead of a length');
  return length;
};

export const skipLengths = (reader: ByteReader, count: number): void => {
  for (let index = 0; index < count; index += 1) readLength(reader);
};

export const skipString = (reader: ByteReader): void => {
  const length = readLengthOrEncoding(reader);
  if (length >= 0) reader.skip(length);
  else if (length === encoding.lzf) skipPacked(reader);
  else reader.skip(integerBytes(length));
};

/** The rest of a string whose encoding was read already. */
export const skipPacked = (reader: ByteReader): void => {
  const packed = readLength(reader);
  readLength(reader);
  reader.skip(packed);
};

/** `length` counts strings, and may be any number a file claims: each takes a byte at least. */
export const skipStrings = (reader: ByteReader, length: number): void => {
  for (let index = 0; index < length; index += 1) skipString(reader);
};

/** The bytes of a string whose length or encoding was read already. */
export const readString = (reader: ByteReader, length: number): Uint8Array => {
  if (length >= 0) {
    refuseLong(length);
    return reader.take(length);
  }
  if (length === encoding.lzf) {
    const packed = readLength(reader);
    const clear = readLength(reader);
    refuseLong(Math.max(packed, clear));
    const bytes = unpackLzf(reader.take(packed), clear);
    if (!bytes) throw corrupt(reader, 'a string that does not unpack');
    return bytes;
  }
  return digits(readInteger(reader, integerBytes(length)));
};

/** 1, 2 or 4. */
const integerBytes = (kind: number): number => 1 << -(kind + 1);

/** Little-endian and signed. */
const readInteger = (reader: ByteReader, bytes: number): number => {
  let value = 0;
  for (let index = 0; index < bytes; index += 1) value |= reader.byte() << (8 * index);
  const unused = 32 - 8 * bytes;
  return (value << unused) >> unused;
};

/** Little-endian and signed, of 64 bits: the form of all times in milliseconds. */
export const readMilliseconds = (reader: ByteReader): number => {
  const low = readInteger(reader, 4) >>> 0;
  return readInteger(reader, 4) * 2 ** 32 + low;
};

/** The form of a key's expiry in files older than Redis 2.6. */
export const readSeconds = (reader: ByteReader): number => readInteger(reader, 4);

const readBigEndian32 = (reader: ByteReader): number => {
  const high = (reader.byte() << 8) | reader.byte();
  return high * 2 ** 16 + ((reader.byte() << 8) | reader.byte());
};

const digits = (value: number): Uint8Array => Uint8Array.from(String(value), (digit) => digit.charCodeAt(0));

const refuseLong = (bytes: number): void => {
  if (bytes > longestHeld) throw new Unreadable(`a key of ${String(bytes)} bytes`);
};
