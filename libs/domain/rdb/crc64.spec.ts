import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Crc64 } from './crc64.js';

const hexOf = (...pieces: readonly Uint8Array[]): string => {
  const sum = new Crc64();
  for (const piece of pieces) sum.add(piece);
  return Buffer.from(sum.digest()).reverse().toString('hex');
};

/** Bit by bit, as the definition has it. */
const slowly = (bytes: Uint8Array): string => {
  let sum = 0n;
  for (const byte of bytes) {
    sum ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1n ? (sum >> 1n) ^ 0x95ac9329ac4bc9b5n : sum >> 1n;
  }
  return sum.toString(16).padStart(16, '0');
};

describe('the checksum of an RDB file', () => {
  it('is that of the test in Redis itself', () => {
    expect(hexOf(Buffer.from('123456789'))).toBe('e9c6d914c4b8d9ca');
    expect(hexOf()).toBe('0'.repeat(16));
  });

  it('is the same for pieces of any length', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
    fc.assert(fc.property(pieces, (parts) => expect(hexOf(...parts)).toBe(slowly(Buffer.concat(parts)))));
  });
});
