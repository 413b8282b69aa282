/** The parts that an RDB file is put together from, after Redis' rdb.c: bytes of values come as DUMP gives them. */

const opcodes = { functions: 245, expiryMs: 252, selectDatabase: 254, end: 255 } as const;

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** The first nine bytes of a file of this format, such as 12. */
export const rdbHead = (format: number): Uint8Array => ascii(`REDIS${String(format).padStart(4, '0')}`);

/** A length in the fewest bytes, big-endian where it has more than one. At most 2^53. */
export const rdbLength = (length: number): Uint8Array => {
  if (length < 0x40) return Uint8Array.of(length);
  if (length < 0x4000) return Uint8Array.of(0x40 | (length >> 8), length & 0xff);
  const bytes = new Uint8Array(length < 2 ** 32 ? 5 : 9);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length === 5 ? 0x80 : 0x81;
  if (bytes.length === 5) view.setUint32(1, length);
  else view.setBigUint64(1, BigInt(length));
  return bytes;
};

/** All keys from here on are in this logical database. */
export const rdbDatabase = (index: number): readonly Uint8Array[] => [
  Uint8Array.of(opcodes.selectDatabase),
  rdbLength(index),
];

/** A library of functions: the text that it was loaded from. They stand before the first key. */
export const rdbFunctions = (code: Uint8Array): readonly Uint8Array[] => [
  Uint8Array.of(opcodes.functions),
  rdbLength(code.length),
  code,
];

/** What stands before a value's own bytes. `expiresAtMs` is in milliseconds since 1970; null for a key that lasts. */
export const rdbKey = (key: Uint8Array, type: number, expiresAtMs: number | null): readonly Uint8Array[] => [
  ...(expiresAtMs === null ? [] : [expiry(expiresAtMs)]),
  Uint8Array.of(type),
  rdbLength(key.length),
  key,
];

const expiry = (atMs: number): Uint8Array => {
  const bytes = new Uint8Array(9);
  bytes[0] = opcodes.expiryMs;
  new DataView(bytes.buffer).setBigInt64(1, BigInt(atMs), true);
  return bytes;
};

/** The end of a file, without a checksum: zeros in its place say so. */
export const rdbEnd = (): Uint8Array => Uint8Array.of(opcodes.end, 0, 0, 0, 0, 0, 0, 0, 0);

/** What follows a value in a DUMP: two bytes of its RDB format, little-endian, and eight of a checksum. */
export const dumpFooterBytes = 10;
export const formatInFooter = (footer: Uint8Array): number => (footer[0] ?? 0) | ((footer[1] ?? 0) << 8);
