import { createHash } from 'node:crypto';

/** Counts and hashes bytes that pass by. */
export class Tally {
  private readonly hash = createHash('sha256');
  bytes = 0;

  add(part: Buffer): void {
    this.hash.update(part);
    this.bytes += part.length;
  }

  /** The same bytes, counted. */
  async *through(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const part of body) {
      this.add(part);
      yield part;
    }
  }

  /** Hexadecimal. Once only, after the last byte. */
  sha256(): string {
    return this.hash.digest('hex');
  }
}
