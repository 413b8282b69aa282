/** Makes RDB files by hand, for what no server at hand writes. */
export type Bytes = readonly number[];

export const text = (value: string): Bytes => Array.from(value, (letter) => letter.charCodeAt(0));

export const length = (value: number): Bytes => {
  if (value < 64) return [value];
  if (value < 16_384) return [0x40 | (value >> 8), value & 0xff];
  return [0x80, ...bigEndian(value, 4)];
};

/** A length of 64 bits, as files have it for what is longer than 4 GB. */
export const hugeLength = (value: bigint): Bytes => [0x81, ...bigEndian(value, 8)];

export const string = (value: string): Bytes => [...length(value.length), ...text(value)];

/** As LZF packs what it cannot make smaller. */
export const packed = (value: string): Bytes => {
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at += 32) {
    const part = value.slice(at, at + 32);
    bytes.push(part.length - 1, ...text(part));
  }
  return [0xc3, ...length(bytes.length), ...length(value.length), ...bytes];
};

export const milliseconds = (value: number): Bytes => [...bigEndian(value, 8)].reverse();

export const seconds = (value: number): Bytes => [...bigEndian(value, 4)].reverse();

/** With a checksum of zeros, as a server writes it that makes none. */
export const rdbFile = (...parts: readonly Bytes[]): Uint8Array =>
  Uint8Array.from([...text('REDIS0012'), ...parts.flat(), 255, ...new Array<number>(8).fill(0)]);

const bigEndian = (value: number | bigint, bytes: number): Bytes =>
  Array.from({ length: bytes }, (_, index) => Number((BigInt(value) >> BigInt(8 * (bytes - 1 - index))) & 0xffn));
