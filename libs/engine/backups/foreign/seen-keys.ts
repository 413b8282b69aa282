import { createHash, randomBytes } from 'node:crypto';

const words = 3;
const firstSlots = 1024;

/**
 * Which keys were seen, by 96 bits of a hash: 24 to 48 bytes for each, whatever its length. SCAN shows a key twice while the server's table
 * changes its size, and a server does not load a file that has a key twice. That two keys look alike is less likely than 2^-40 for 100 million.
 */
export class SeenKeys {
  /** Nobody can make keys that collide. */
  private readonly salt = randomBytes(16);
  private slots = new Uint32Array(firstSlots * words);
  private count = 0;

  /** False when it was there before. */
  add(key: Buffer): boolean {
    const digest = createHash('sha256').update(this.salt).update(key).digest();
    // No slot in use is all zeros.
    const hash = [digest.readUInt32LE(0) | 1, digest.readUInt32LE(4), digest.readUInt32LE(8)] as const;
    if (!put(this.slots, hash[0] >>> 0, hash[1], hash[2])) return false;
    this.count += 1;
    if (this.count * 2 * words > this.slots.length) this.grow();
    return true;
  }

  private grow(): void {
    const larger = new Uint32Array(this.slots.length * 2);
    for (let at = 0; at < this.slots.length; at += words) {
      const [a = 0, b = 0, c = 0] = this.slots.subarray(at, at + words);
      if (a !== 0) put(larger, a, b, c);
    }
    this.slots = larger;
  }
}

/** Open addressing: the next free slot after the one that the hash names. */
const put = (slots: Uint32Array, a: number, b: number, c: number): boolean => {
  const size = slots.length / words;
  for (let slot = (b ^ (a >>> 1)) & (size - 1); ; slot = (slot + 1) & (size - 1)) {
    const at = slot * words;
    if (slots[at] === 0) {
      slots[at] = a;
      slots[at + 1] = b;
      slots[at + 2] = c;
      return true;
    }
    if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return false;
  }
};
