import { describe, expect, it } from '@jest/globals';
import { inParts, partBytesAfter } from './parts.js';

const mebibyte = 1024 * 1024;

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

const partsOf = async (body: AsyncIterable<Buffer>, size: number): Promise<[string, boolean][]> => {
  const parts: [string, boolean][] = [];
  for await (const { bytes, isLast, release } of inParts(body, () => size)) {
    parts.push([bytes.toString(), isLast]);
    release();
  }
  return parts;
};

describe('inParts', () => {
  it('cuts a body anew, whatever its chunks', async () => {
    expect(await partsOf(chunks('a', '', 'bcdefgh', 'i'), 3)).toEqual([
      ['abc', false],
      ['def', false],
      ['ghi', true],
    ]);
    expect(await partsOf(chunks('abcd'), 3)).toEqual([
      ['abc', false],
      ['d', true],
    ]);
  });

  it('has one part of nothing for a body of nothing', async () => {
    expect(await partsOf(chunks(), 3)).toEqual([['', true]]);
  });

  it('takes the memory of a released part again, and never that of another', async () => {
    const seen: Buffer[] = [];
    for await (const part of inParts(chunks('aabbccdd'), () => 2)) {
      seen.push(part.bytes);
      if (part.bytes.toString() === 'bb') part.release();
    }
    expect(seen.map(String)).toEqual(['aa', 'cc', 'cc', 'dd']);
  });
});

describe('partBytesAfter', () => {
  it('stays within what S3 takes, and has room for more than 400 GB', () => {
    let total = 0;
    for (let part = 0; part < 10_000; part += 1) {
      const bytes = partBytesAfter(total);
      expect(bytes).toBeGreaterThanOrEqual(8 * mebibyte);
      expect(bytes).toBeLessThanOrEqual(64 * mebibyte);
      total += bytes;
    }
    expect(total).toBeGreaterThan(400e9);
  });

  it('is small for as long as most bodies last', () => expect(partBytesAfter(12e9)).toBe(8 * mebibyte));
});
