import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Codec, SealedObject, Sealing } from '../ports/backup-streams.js';
import { seal } from './seal.js';
import { chunkBytes, headerBytes, tagBytes } from './sealed-format.js';
import { openChunks } from './sealed-chunks.js';
import { unseal } from './unseal.js';

const signal = () => AbortSignal.timeout(20_000);
const sealing = (): Sealing => ({ context: 'backup-1', dataKey: randomBytes(32) });
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function* parts(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Promise.resolve(bytes.subarray(at, at + size));
}

const collect = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const part of body) all.push(part);
  return Buffer.concat(all);
};

const sealed = async (codec: Codec, body: AsyncIterable<Buffer>, by: Sealing): Promise<[SealedObject, Buffer]> => {
  let stored: Buffer = Buffer.alloc(0);
  const store = async (object: AsyncIterable<Buffer>): Promise<void> => void (stored = await collect(object));
  return [await seal(codec, body, by, store, signal()), stored];
};

const opened = (bytes: Buffer, by: Sealing, expected: SealedObject, size?: number): Promise<Buffer> =>
  collect(unseal(parts(bytes, size), by, expected, signal()));

describe.each<Codec>(['zstd', 'gzip'])('a body sealed with %s', (codec) => {
  it.each([0, 1, 128 * 1024 - 1, 128 * 1024, 3_000_000])('comes back, with %i bytes', async (length) => {
    const by = sealing();
    const clear = randomBytes(length);
    const [object, stored] = await sealed(codec, parts(clear), by);
    expect(object).toEqual({
      codec,
      clearBytes: length,
      clearSha256: sha256(clear),
      storedBytes: stored.length,
      storedSha256: sha256(stored),
    });
    expect((await opened(stored, by, object)).equals(clear)).toBe(true);
  });

  it('comes back whatever the bytes and their chunks, on both ways', async () => {
    const length = fc.integer({ min: 0, max: 400_000 });
    const size = fc.integer({ min: 1_000, max: 200_000 });
    const property = fc.asyncProperty(length, fc.nat(400_000), size, size, async (all, even, clearSize, storedSize) => {
      const by = sealing();
      const clear = Buffer.concat([randomBytes(all), Buffer.alloc(even)]);
      const [object, stored] = await sealed(codec, parts(clear, 1 + clearSize), by);
      // Single bytes of a large object take long and show nothing more.
      expect((await opened(stored, by, object, 16 + storedSize)).equals(clear)).toBe(true);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('ends with the error of the body, and with that of the store', async () => {
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield randomBytes(1_000_000);
      throw await Promise.resolve(new Error('source gone'));
    };
    await expect(sealed(codec, broken(), sealing())).rejects.toThrow('source gone');
    const full = async (object: AsyncIterable<Buffer>): Promise<void> => {
      for await (const part of object) if (part.length > 1_000) throw new Error('store full');
    };
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (;;) yield Promise.resolve(randomBytes(100_000));
    };
    await expect(seal(codec, endless(), sealing(), full, signal())).rejects.toThrow('store full');
    const lazy = () => Promise.resolve();
    await expect(seal(codec, endless(), sealing(), lazy, signal())).rejects.toMatchObject({ code: 'internal_error' });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('ends at once when it is aborted, also while the source is silent or the store does not read', async () => {
    const silent = async function* (): AsyncGenerator<Buffer> {
      yield randomBytes(500_000);
      await new Promise(() => undefined);
    };
    const reason = new Error('enough');
    const attempts = [
      (within: AbortSignal) => seal(codec, silent(), sealing(), async (object) => void (await collect(object)), within),
      async (within: AbortSignal) => {
        const by = sealing();
        const [object, stored] = await sealed(codec, parts(randomBytes(1_000_000)), by);
        const half = async function* (): AsyncGenerator<Buffer> {
          yield stored.subarray(0, 500_000);
          await new Promise(() => undefined);
        };
        await collect(unseal(half(), by, object, within));
      },
    ];
    for (const attempt of attempts) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 100);
      await expect(attempt(controller.signal)).rejects.toBe(reason);
      expect(childrenOf(process.pid)).toEqual([]);
    }
  });

  it('leaves nothing behind when its reader stops', async () => {
    const by = sealing();
    const [object, stored] = await sealed(codec, parts(randomBytes(1_000_000)), by);
    for await (const part of unseal(parts(stored), by, object, signal())) if (part.length > 0) break;
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('is never given out beyond its length', async () => {
    const by = sealing();
    const [object, stored] = await sealed(codec, parts(Buffer.alloc(50_000_000)), by);
    let out = 0;
    const read = async (): Promise<void> => {
      for await (const part of unseal(parts(stored), by, { ...object, clearBytes: 1_000_000 }, signal())) {
        out += part.length;
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'backup_corrupt' });
    expect(out).toBeLessThanOrEqual(1_000_000);
  });
});

/** Children that run or were not waited for. */
const childrenOf = (pid: number): string[] =>
  readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/${String(pid)}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter(Boolean),
  );

describe('a sealed object that was changed', () => {
  const by = sealing();
  const clear = Buffer.concat([randomBytes(2 * chunkBytes), Buffer.alloc(chunkBytes), randomBytes(chunkBytes)]);
  let object: SealedObject;
  let stored: Buffer;

  beforeAll(async () => {
    [object, stored] = await sealed('zstd', parts(clear), by);
    expect(stored.length).toBeGreaterThan(3 * chunkBytes);
  });

  /** What is found by the chunks alone, without the hashes of the manifest. */
  const openedChunks = (bytes: Buffer, withKey: Sealing = by): Promise<Buffer> =>
    collect(openChunks(parts(bytes), withKey, 'zstd'));
  const expectCorrupt = async (bytes: Buffer, withKey: Sealing = by): Promise<void> => {
    await expect(openedChunks(bytes, withKey)).rejects.toMatchObject({ code: 'backup_corrupt' });
  };
  const sealedChunk = (index: number): Buffer => {
    const size = chunkBytes + tagBytes;
    return stored.subarray(headerBytes + index * size, headerBytes + (index + 1) * size);
  };

  it('opens when it was not', async () => {
    await expect(openedChunks(stored)).resolves.toBeInstanceOf(Buffer);
  });

  it('is found for any single bit', async () => {
    for (let round = 0; round < 5000; round++) {
      // Header, tags and the end are few among many bytes.
      const place = round < headerBytes * 8 ? Math.floor(round / 8) : randomInt(stored.length);
      const bytes = Buffer.from(stored);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (round % 8)), place);
      await expectCorrupt(bytes);
    }
  }, 60_000);

  it('is found for any truncation and extension', async () => {
    const size = chunkBytes + tagBytes;
    const borders = [0, 1, headerBytes, headerBytes + tagBytes, headerBytes + size, headerBytes + 2 * size];
    for (const end of borders) await expectCorrupt(stored.subarray(0, end));
    for (let round = 0; round < 3000; round++) {
      await expectCorrupt(stored.subarray(0, randomInt(stored.length)));
      if (round % 4 === 0) await expectCorrupt(Buffer.concat([stored, randomBytes(1 + randomInt(2 * size))]));
    }
    await expectCorrupt(Buffer.concat([stored, stored]));
  }, 60_000);

  it('is found for swapped, repeated and missing chunks, another key and another context', async () => {
    const [header, rest] = [stored.subarray(0, headerBytes), stored.subarray(headerBytes + 2 * sealedChunk(0).length)];
    await expectCorrupt(Buffer.concat([header, sealedChunk(1), sealedChunk(0), rest]));
    await expectCorrupt(Buffer.concat([header, sealedChunk(0), sealedChunk(0), rest]));
    await expectCorrupt(Buffer.concat([header, sealedChunk(0), rest]));
    await expectCorrupt(stored, { ...by, dataKey: randomBytes(32) });
    await expectCorrupt(stored, { ...by, context: 'backup-2' });
  });

  it.each<[string, Partial<SealedObject>]>([
    ['clear hash', { clearSha256: sha256(Buffer.from('x')) }],
    ['stored hash', { storedSha256: sha256(Buffer.from('x')) }],
    ['fewer clear bytes', { clearBytes: clear.length - 1 }],
    ['more clear bytes', { clearBytes: clear.length + 1 }],
    ['fewer stored bytes', { storedBytes: 10 }],
    ['more stored bytes', { storedBytes: 10_000_000 }],
    ['another codec', { codec: 'gzip' }],
  ])('is found by what was expected: %s', async (_, other) => {
    await expect(opened(stored, by, { ...object, ...other })).rejects.toMatchObject({ code: 'backup_corrupt' });
  });

  it('passes on the error of the store, which is not its fault', async () => {
    const gone = async function* (): AsyncGenerator<Buffer> {
      yield stored.subarray(0, 300_000);
      throw await Promise.resolve(new Error('store gone'));
    };
    await expect(collect(unseal(gone(), by, object, signal()))).rejects.toThrow('store gone');
  });
});
