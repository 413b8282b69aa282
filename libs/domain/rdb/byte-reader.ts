import { HoldfastError } from '../errors/holdfast-error.js';
import type { Crc64 } from './crc64.js';

/** A piece of the file, good until the next one is asked for; null after the last. It may wait. */
export type NextBytes = () => Uint8Array | null;

const nothing = new Uint8Array(0);

/** Walks over bytes that come in pieces of any size. Errors of all methods: `backup_corrupt` when the bytes end too early. */
export class ByteReader {
  private piece: Uint8Array = nothing;
  private at = 0;
  private passed = 0;
  /** How much of the piece is in the sum. */
  private summed = 0;

  constructor(
    private readonly next: NextBytes,
    /** Gets every byte that was read, a piece at a time; null where nobody asks. */
    private readonly sum: Crc64 | null,
  ) {}

  /** How many bytes were read, for error messages. */
  get position(): number {
    return this.passed + this.at;
  }

  /** Of all bytes that were read; null where nobody asks. */
  checksum(): Uint8Array | null {
    this.sumUp();
    return this.sum?.digest() ?? null;
  }

  byte(): number {
    if (this.at === this.piece.length) this.advance();
    return this.piece[this.at++] as number;
  }

  /** `count` may be any number a file claims. */
  skip(count: number): void {
    let left = count;
    while (left > this.piece.length - this.at) {
      left -= this.piece.length - this.at;
      this.at = this.piece.length;
      this.advance();
    }
    this.at += left;
  }

  /** Writes the next bytes into `target`, which must have room for them. */
  copy(count: number, target: Uint8Array, at: number): void {
    if (count <= this.piece.length - this.at) {
      // A loop beats `set` for a short key: no view is made.
      if (count > 64) target.set(this.piece.subarray(this.at, this.at + count), at);
      else for (let index = 0; index < count; index += 1) target[at + index] = this.piece[this.at + index] ?? 0;
      this.at += count;
    } else {
      for (let index = 0; index < count; index += 1) target[at + index] = this.byte();
    }
  }

  /** A copy of the next bytes. The memory grows with what arrived, not with what was claimed. */
  take(count: number): Uint8Array {
    let taken: Uint8Array = new Uint8Array(Math.min(count, firstTake));
    let length = 0;
    while (length < count) {
      if (length === taken.length) taken = grown(taken, count);
      const step = Math.min(taken.length - length, Math.max(this.piece.length - this.at, 1));
      this.copy(step, taken, length);
      length += step;
    }
    return taken;
  }

  /** Whether no byte follows. */
  atEnd(): boolean {
    while (this.at === this.piece.length) {
      if (!this.load()) return true;
    }
    return false;
  }

  /** To the next piece that holds a byte. */
  private advance(): void {
    if (this.atEnd())
      throw new HoldfastError('backup_corrupt', `The RDB file ends after ${String(this.position)} bytes`);
  }

  private load(): boolean {
    // The bytes are good until the next ones are asked for.
    this.sumUp();
    const piece = this.next();
    if (!piece) return false;
    this.passed += this.piece.length;
    this.piece = piece;
    this.at = 0;
    this.summed = 0;
    return true;
  }

  private sumUp(): void {
    this.sum?.add(this.piece.subarray(this.summed, this.at));
    this.summed = this.at;
  }
}

const firstTake = 64 * 1024;

const grown = (bytes: Uint8Array, limit: number): Uint8Array => {
  const larger = new Uint8Array(Math.min(bytes.length * 2, limit));
  larger.set(bytes);
  return larger;
};
