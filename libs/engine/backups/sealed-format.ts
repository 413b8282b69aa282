import { codecs, type Codec } from '../ports/backup-streams.js';

/**
 * A sealed object: a header of 16 bytes, then chunks of `chunkBytes` clear bytes each, sealed with AES-256-GCM and followed by their tag
 * of 16 bytes. The last chunk is the only one that may be shorter, down to none; there is always one.
 *
 *   0  "HFSEALED"   8  format version   9  codec   10  0 0   12  chunk size, unsigned, 32 bits, big-endian
 *
 * What a chunk is bound to (its additional data): the header, its index, whether it is the last, and the context. The data key is for one
 * object only, so the index is all that a nonce needs.
 */
export const chunkBytes = 128 * 1024;
export const tagBytes = 16;
export const headerBytes = 16;
export const cipherName = 'aes-256-gcm';

const magic = Buffer.from('HFSEALED', 'latin1');
const formatVersion = 1;

export const sealedHeader = (codec: Codec): Buffer => {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt8(formatVersion, 8);
  header.writeUInt8(codecs.indexOf(codec), 9);
  header.writeUInt32BE(chunkBytes, 12);
  return header;
};

/** 12 bytes. */
export const chunkNonce = (index: number): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 4);
  return nonce;
};

export const chunkBinding = (header: Buffer, context: Buffer, index: number, last: boolean): Buffer => {
  const place = Buffer.alloc(9);
  place.writeBigUInt64BE(BigInt(index));
  place.writeUInt8(last ? 1 : 0, 8);
  return Buffer.concat([header, place, context]);
};
