import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ErrorCode } from '#domain/errors/catalogue.js';
import type { ObjectStore } from '#engine/ports/object-store.js';

/** Never aborted. */
export const calm = new AbortController().signal;

/** The same bytes for the same seed; no two places of 64 bytes are alike, so that a swap or a gap shows. */
export const bytesOf = (length: number, seed = 'seed'): Buffer => {
  const bytes = Buffer.alloc(length);
  const block = createHash('sha512').update(seed).digest();
  for (let at = 0; at < length; at += 64) {
    block.writeUInt32LE(at / 64, 0);
    block.copy(bytes, at);
  }
  return bytes;
};

/** In chunks of these sizes, again and again. */
export async function* chunked(bytes: Buffer, sizes: readonly number[] = [65_536]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export const read = async (store: ObjectStore, key: string, signal = calm): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.get(key, signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export const keysOf = async (store: ObjectStore, prefix = ''): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, calm)) keys.push(key);
  return keys;
};

export const put = (store: ObjectStore, key: string, bytes: Buffer | string): Promise<void> =>
  store.put(key, chunked(Buffer.from(bytes)), calm);

/** The bytes first, then nothing more until it is let end. */
export const halting = (bytes: Buffer) => {
  let arrive: () => void = () => undefined;
  let goOn: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const ended = new Promise<void>((resolve) => (goOn = resolve));
  const body = async function* (): AsyncGenerator<Buffer> {
    yield* chunked(bytes);
    arrive();
    await ended;
  };
  return { body: body(), reached, goOn: () => goOn() };
};

export const expectCode = (work: Promise<unknown>, code: ErrorCode): Promise<void> =>
  expect(work).rejects.toMatchObject({ code });

/** Far longer than bytes are shown by a test runner. */
export const expectSame = (actual: Buffer, expected: Buffer): void => {
  expect(actual.length).toBe(expected.length);
  expect(actual.equals(expected)).toBe(true);
};
