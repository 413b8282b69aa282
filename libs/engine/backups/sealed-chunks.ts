import { createCipheriv, createDecipheriv } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Codec, Sealing } from '../ports/backup-streams.js';
import { blocksOf, type Block } from './blocks.js';
import * as format from './sealed-format.js';

/** The sealed form of a body that `codec` has compressed. */
export async function* sealChunks(
  body: AsyncIterable<Buffer>,
  { context, dataKey }: Sealing,
  codec: Codec,
): AsyncGenerator<Buffer> {
  const header = format.sealedHeader(codec);
  const binding = Buffer.from(context);
  yield header;
  let index = 0;
  for await (const { bytes, last } of blocksOf(body, format.chunkBytes)) {
    const cipher = createCipheriv(format.cipherName, dataKey, format.chunkNonce(index));
    cipher.setAAD(format.chunkBinding(header, binding, index, last));
    const sealed = cipher.update(bytes);
    cipher.final();
    yield Buffer.concat([sealed, cipher.getAuthTag()]);
    index++;
  }
}

/** Opens what sealChunks made, and gives out no byte that is not as it was. Errors: `backup_corrupt`, and those of `stored`. */
export async function* openChunks(
  stored: AsyncIterable<Buffer>,
  { context, dataKey }: Sealing,
  codec: Codec,
): AsyncGenerator<Buffer> {
  const header = format.sealedHeader(codec);
  const binding = Buffer.from(context);
  let index = 0;
  for await (const block of blocksOf(withoutHeader(stored, header), format.chunkBytes + format.tagBytes)) {
    yield openChunk(block, dataKey, index, format.chunkBinding(header, binding, index, block.last));
    index++;
  }
}

const openChunk = ({ bytes }: Block, dataKey: Buffer, index: number, binding: Buffer): Buffer => {
  const end = bytes.length - format.tagBytes;
  if (end < 0) throw corrupt('ends too early');
  const decipher = createDecipheriv(format.cipherName, dataKey, format.chunkNonce(index), {
    authTagLength: format.tagBytes,
  });
  decipher.setAAD(binding).setAuthTag(bytes.subarray(end));
  const opened = decipher.update(bytes.subarray(0, end));
  try {
    decipher.final();
  } catch (error) {
    throw corrupt(`is not what was stored, at chunk ${String(index)}`, error);
  }
  return opened;
};

/** Takes the header off, and lets nothing pass when it is another one. */
async function* withoutHeader(stored: AsyncIterable<Buffer>, expected: Buffer): AsyncGenerator<Buffer> {
  let seen = 0;
  for await (const part of stored) {
    const header = part.subarray(0, expected.length - seen);
    if (!header.equals(expected.subarray(seen, seen + header.length))) throw corrupt('has another header');
    seen += header.length;
    if (header.length < part.length) yield part.subarray(header.length);
  }
  if (seen < expected.length) throw corrupt('ends too early');
}

export const corrupt = (what: string, cause?: unknown): HoldfastError =>
  new HoldfastError('backup_corrupt', `The stored object ${what}`, { cause });
