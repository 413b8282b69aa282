/** CRC-64 "Jones", reflected, as two halves of 32 bits: its high and its low one. */
const polynomial = { high: 0x95ac9329, low: 0xac4bc9b5 } as const;

/** One table of 256 for each of the bytes that are taken at a time: the byte that has n more behind it looks into table n. */
const atATime = 8;
const high = new Int32Array(atATime * 256);
const low = new Int32Array(atATime * 256);

for (let byte = 0; byte < 256; byte += 1) {
  let [upper, lower] = [0, byte];
  for (let bit = 0; bit < 8; bit += 1) {
    const isSet = (lower & 1) === 1;
    lower = (lower >>> 1) | (upper << 31);
    upper >>>= 1;
    if (isSet) [upper, lower] = [upper ^ polynomial.high, lower ^ polynomial.low];
  }
  high[byte] = upper;
  low[byte] = lower;
}
for (let index = 256; index < high.length; index += 1) {
  const [upper, lower] = [high[index - 256] ?? 0, low[index - 256] ?? 0];
  const next = lower & 0xff;
  high[index] = (upper >>> 8) ^ (high[next] ?? 0);
  low[index] = ((lower >>> 8) | (upper << 24)) ^ (low[next] ?? 0);
}

/** The checksum that Redis puts at the end of an RDB file (its crc64.c), over bytes that come in pieces. */
export class Crc64 {
  private upper = 0;
  private lower = 0;

  /** In machine words and whole tables: a file may have gigabytes. */
  add(bytes: Uint8Array): void {
    let [upper, lower, at] = [this.upper, this.lower, 0];
    for (const last = bytes.length - atATime; at <= last; at += atATime) {
      const a = 0x700 | ((lower ^ (bytes[at] as number)) & 0xff);
      const b = 0x600 | (((lower >>> 8) ^ (bytes[at + 1] as number)) & 0xff);
      const c = 0x500 | (((lower >>> 16) ^ (bytes[at + 2] as number)) & 0xff);
      const d = 0x400 | ((lower >>> 24) ^ (bytes[at + 3] as number));
      const e = 0x300 | ((upper ^ (bytes[at + 4] as number)) & 0xff);
      const f = 0x200 | (((upper >>> 8) ^ (bytes[at + 5] as number)) & 0xff);
      const g = 0x100 | (((upper >>> 16) ^ (bytes[at + 6] as number)) & 0xff);
      const h = (upper >>> 24) ^ (bytes[at + 7] as number);
      upper = xor(high, a, b, c, d, e, f, g, h);
      lower = xor(low, a, b, c, d, e, f, g, h);
    }
    for (; at < bytes.length; at += 1) {
      const index = (lower ^ (bytes[at] as number)) & 0xff;
      lower = ((lower >>> 8) | (upper << 24)) ^ (low[index] as number);
      upper = (upper >>> 8) ^ (high[index] as number);
    }
    this.upper = upper;
    this.lower = lower;
  }

  /** As it stands in a file: little-endian, 8 bytes. */
  digest(): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.lower, true);
    view.setInt32(4, this.upper, true);
    return bytes;
  }
}

const xor = (
  table: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): number =>
  (table[a] as number) ^
  (table[b] as number) ^
  (table[c] as number) ^
  (table[d] as number) ^
  (table[e] as number) ^
  (table[f] as number) ^
  (table[g] as number) ^
  (table[h] as number);
