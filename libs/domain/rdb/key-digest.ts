/** The words of the `TYPE` command. */
export const keyTypes = ['string', 'list', 'set', 'zset', 'hash', 'stream'] as const;
export type KeyType = (typeof keyTypes)[number];

/**
 * The digest of a set of keys: for each key the first 16 hexadecimal digits of SHA-1 over `<database index>:<type>:<key>`, taken as two numbers of
 * 32 bits, each summed modulo 2^32. A server computes the same in Lua (`redis.sha1hex`), so the keys need not leave it.
 */
export class KeyDigest {
  private high = 0;
  private low = 0;

  /** Takes the hash of one key, see Sha1. */
  add(sha1: string): void {
    this.high = (this.high + wordAt(sha1, 0)) >>> 0;
    this.low = (this.low + wordAt(sha1, 4)) >>> 0;
  }

  addSums(high: number, low: number): void {
    this.high = (this.high + high) >>> 0;
    this.low = (this.low + low) >>> 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return [this.high, this.low].map((part) => part.toString(16).padStart(8, '0')).join('');
  }
}

const wordAt = (bytes: string, at: number): number =>
  (bytes.charCodeAt(at) << 24) |
  (bytes.charCodeAt(at + 1) << 16) |
  (bytes.charCodeAt(at + 2) << 8) |
  bytes.charCodeAt(at + 3);
