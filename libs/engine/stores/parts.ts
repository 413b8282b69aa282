const mebibyte = 1024 * 1024;

export interface Part {
  readonly bytes: Buffer;
  readonly isLast: boolean;
  /** When its bytes are read no more: a later part takes their memory. */
  readonly release: () => void;
}

/**
 * How large the next part is after so many bytes. S3 takes 10,000 parts of at least 5 MiB, and each one lies in memory until it is
 * stored: so they begin small and grow with the body. 8 MiB up to 12 GB, 64 MiB from 96 GB on, and room for more than 400 GB in all.
 */
export const partBytesAfter = (bytes: number): number => {
  const wanted = Math.ceil(bytes / 1500 / mebibyte) * mebibyte;
  return Math.min(Math.max(wanted, 8 * mebibyte), 64 * mebibyte);
};

/**
 * The body in parts of full size, the last one of what is left; one of no bytes for a body of none. Memory that is left to the garbage
 * collector would lie there several times over.
 */
export async function* inParts(body: AsyncIterable<Buffer>, sizeAfter = partBytesAfter): AsyncGenerator<Part> {
  const free: Buffer[] = [];
  const partOf = (buffer: Buffer, used: number, isLast: boolean): Part => ({
    bytes: buffer.subarray(0, used),
    isLast,
    release: () => void free.push(buffer),
  });
  let total = 0;
  let buffer = bufferOf(sizeAfter(0), free);
  let used = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length;) {
      if (used === buffer.length) {
        total += used;
        yield partOf(buffer, used, false);
        buffer = bufferOf(sizeAfter(total), free);
        used = 0;
      }
      const copied = chunk.copy(buffer, used, at);
      at += copied;
      used += copied;
    }
  }
  yield partOf(buffer, used, true);
}

/** One that was released, or a new one; those of a smaller size are of no more use. */
const bufferOf = (bytes: number, free: Buffer[]): Buffer => {
  for (let found = free.pop(); found; found = free.pop()) if (found.length === bytes) return found;
  return Buffer.allocUnsafeSlow(bytes);
};
