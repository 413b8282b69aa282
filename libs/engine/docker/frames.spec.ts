import { describe, expect, it } from '@jest/globals';
import { FrameReader } from './frames.js';

const frame = (stream: 1 | 2, content: string): Buffer => {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, Buffer.from(content)]);
};

describe('FrameReader', () => {
  it.each([1, 2, 7, 8, 9, 13, 1_000])('takes frames apart that come in pieces of %d bytes', (size) => {
    const bytes = Buffer.concat([frame(1, 'one'), frame(2, 'error'), frame(1, ''), frame(1, 'x'.repeat(300))]);
    const reader = new FrameReader();
    const found = { stdout: '', stderr: '' };
    for (let at = 0; at < bytes.length; at += size) {
      for (const { stream, content } of reader.read(bytes.subarray(at, at + size))) found[stream] += content.toString();
    }
    expect(found).toEqual({ stdout: `one${'x'.repeat(300)}`, stderr: 'error' });
  });
});
