/** A piece of a stream, and whether nothing follows it. */
export interface Block {
  readonly bytes: Buffer;
  readonly last: boolean;
}

/** The stream in pieces of `size` bytes; only the last may be shorter, and it is empty for an empty stream alone. */
export async function* blocksOf(body: AsyncIterable<Buffer>, size: number): AsyncGenerator<Block> {
  let block = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const part of body) {
    for (let taken = 0; taken < part.length;) {
      // A full one is given away only when more came: else it is the last.
      if (filled === size) {
        yield { bytes: block, last: false };
        block = Buffer.allocUnsafe(size);
        filled = 0;
      }
      const copied = part.copy(block, filled, taken);
      filled += copied;
      taken += copied;
    }
  }
  yield { bytes: block.subarray(0, filled), last: true };
}
