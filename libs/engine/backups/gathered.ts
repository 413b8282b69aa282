/**
 * The same bytes in parts of at least `size`, but for the last. A server sends a data set in small pieces, and each part that passes costs
 * the same on its way through the streams, whatever its size.
 */
export async function* gathered(body: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes < size) continue;
    yield Buffer.concat(parts, bytes);
    parts = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(parts, bytes);
}
