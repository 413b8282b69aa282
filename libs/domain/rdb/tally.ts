import type { ByteReader } from './byte-reader.js';
import { readLengthOrEncoding, readString, skipString } from './encoding.js';
import { KeyDigest, type KeyType } from './key-digest.js';
import type { RdbDatabase } from './summary.js';
import { Unreadable } from './unreadable.js';

/** SHA-1 as a text of 20 characters, one for each byte (`binary`): there are millions, and hexadecimal takes half as long again. */
export type Sha1 = (bytes: Uint8Array) => string;

interface Count {
  readonly index: number;
  keys: number;
  expiring: number;
  lasting: number;
  fading: number;
}

/** More than any server has, and few enough to count. */
const mostDatabases = 65_536;
const scratchBytes = 4096;

/** Counts and sums up the keys of a file. One buffer serves for all keys of usual length: a file may have millions. */
export class Tally {
  private readonly counts = new Map<number, Count>();
  private count: Count | null = null;
  private readonly persistent = new KeyDigest();
  private readonly lasting = new KeyDigest();
  private database = 0;
  private readonly hashed = new Uint8Array(scratchBytes);
  /** The type whose prefix stands at the start of `hashed`. */
  private prefixed: KeyType | null = null;
  private prefixBytes = 0;

  constructor(
    private readonly sha1: Sha1,
    /** Milliseconds since 1970; null counts no key as lasting. */
    private readonly horizon: number | null,
  ) {}

  select(database: number): void {
    this.database = database;
    this.count = null;
    this.prefixed = null;
  }

  /** Reads a key. `expiresAt`: milliseconds since 1970; null for one that stays. `fading`: it has fields that expire. */
  take(reader: ByteReader, type: KeyType, expiresAt: number | null, fading: boolean): void {
    const count = (this.count ??= this.counted());
    count.keys += 1;
    if (fading) count.fading += 1;
    if (expiresAt === null) {
      this.persistent.add(this.hashKey(reader, type));
      return;
    }
    count.expiring += 1;
    if (this.horizon !== null && expiresAt > this.horizon) {
      count.lasting += 1;
      this.lasting.add(this.hashKey(reader, type));
    } else skipString(reader);
  }

  databases(): RdbDatabase[] {
    return [...this.counts.values()].sort((one, other) => one.index - other.index);
  }

  digests(): { persistentDigest: string; lastingDigest: string } {
    return { persistentDigest: this.persistent.toString(), lastingDigest: this.lasting.toString() };
  }

  private counted(): Count {
    const index = this.database;
    const known = this.counts.get(index);
    if (known) return known;
    if (this.counts.size === mostDatabases)
      throw new Unreadable(`more than ${String(mostDatabases)} logical databases`);
    const count = { index, keys: 0, expiring: 0, lasting: 0, fading: 0 };
    this.counts.set(index, count);
    return count;
  }

  private hashKey(reader: ByteReader, type: KeyType): string {
    if (this.prefixed !== type) this.prefix(type);
    const start = this.prefixBytes;
    const length = readLengthOrEncoding(reader);
    if (length >= 0 && start + length <= scratchBytes) {
      reader.copy(length, this.hashed, start);
      return this.sha1(this.hashed.subarray(0, start + length));
    }
    const key = readString(reader, length);
    const whole = new Uint8Array(start + key.length);
    whole.set(this.hashed.subarray(0, start));
    whole.set(key, start);
    return this.sha1(whole);
  }

  private prefix(type: KeyType): void {
    const text = `${String(this.database)}:${type}:`;
    for (let index = 0; index < text.length; index += 1) this.hashed[index] = text.charCodeAt(index);
    this.prefixBytes = text.length;
    this.prefixed = type;
  }
}
