const headerBytes = 8;
const lengthOffset = 4;

export interface FramePart {
  readonly stream: 'stdout' | 'stderr';
  readonly content: Buffer;
}

/**
 * Takes the engine's frames apart as they come in, at any boundary: each has a header of 8 bytes (stream, three zeros, length in big-endian)
 * before its content. A content may come in parts, so nothing is kept but a header that is not whole yet.
 */
export class FrameReader {
  private header = Buffer.alloc(0);
  private left = 0;

  *read(chunk: Buffer): Generator<FramePart> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.left === 0) rest = this.takeHeader(rest);
      const content = rest.subarray(0, this.left);
      this.left -= content.length;
      rest = rest.subarray(content.length);
      if (content.length > 0) yield { stream: this.header[0] === 2 ? 'stderr' : 'stdout', content };
    }
  }

  /** Returns what follows the header, nothing while that is not whole. */
  private takeHeader(bytes: Buffer): Buffer {
    const before = this.header.length === headerBytes ? Buffer.alloc(0) : this.header;
    const missing = headerBytes - before.length;
    this.header = Buffer.concat([before, bytes.subarray(0, missing)]);
    if (this.header.length === headerBytes) this.left = this.header.readUInt32BE(lengthOffset);
    return bytes.subarray(missing);
  }
}
