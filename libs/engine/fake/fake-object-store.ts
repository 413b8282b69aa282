import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ObjectStore, StoredObject } from '../ports/object-store.js';
import { assertKey, assertPrefix, byKey } from '../stores/object-keys.js';
import { untilAborted } from '../stores/until-aborted.js';
import { Faults } from './faults.js';

interface Held {
  readonly bytes: Buffer;
  readonly modifiedAt: Date;
}
interface Upload {
  readonly key: string;
  readonly startedAt: Date;
  chunks: Buffer[];
}
/** Where a body breaks off, and with which error. */
interface Break {
  readonly afterBytes: number;
  readonly error: Error;
}
type Method = 'put' | 'get' | 'find' | 'list' | 'remove' | 'removeUnfinished';

const chunkBytes = 64 * 1024;

/** A store in memory. Tests make it fail with `faults` and with the methods that come before those of the port. */
export class FakeObjectStore implements ObjectStore {
  readonly description = 'memory';
  readonly faults = new Faults<Method>();
  private readonly objects = new Map<string, Held>();
  private readonly uploads = new Set<Upload>();
  private readonly breaks = new Map<'put' | 'get', Break>();
  private roomBytes = Infinity;
  private beforeChunk: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly now: () => Date = () => new Date()) {}

  /** No answer to anything, until it is back. */
  setUnreachable(isUnreachable: boolean): void {
    this.faults.failAll(isUnreachable ? new HoldfastError('backup_store_unreachable', this.description) : null);
  }

  /** Holds at most so many bytes, with what is half stored; Infinity for no limit. */
  setRoom(bytes: number): void {
    this.roomBytes = bytes;
  }

  /** Waits for this before each chunk of a body that is put or read. */
  setSlow(beforeChunk: () => Promise<void>): void {
    this.beforeChunk = beforeChunk;
  }

  /** The next body of this kind breaks off. */
  breakNext(
    method: 'put' | 'get',
    afterBytes: number,
    code: 'backup_store_unreachable' | 'backup_store_refused',
  ): void {
    this.breaks.set(method, { afterBytes, error: new HoldfastError(code, `broke off after ${afterBytes} bytes`) });
  }

  /** Flips bits of one stored byte; the store does not notice. */
  corrupt(key: string, offset: number, mask = 0xff): void {
    const bytes = Buffer.from(this.bytesOf(key));
    bytes.writeUInt8(bytes.readUInt8(offset) ^ (mask & 0xff), offset);
    this.overwrite(key, bytes);
  }

  /** Puts other bytes in the place of an object's, with its time. */
  overwrite(key: string, bytes: Buffer): void {
    this.objects.set(key, { bytes, modifiedAt: this.objects.get(key)?.modifiedAt ?? this.now() });
  }

  drop(key: string): void {
    this.objects.delete(key);
  }

  bytesOf(key: string): Buffer {
    const held = this.objects.get(key);
    if (!held) throw new Error(`the test's store has no ${key}`);
    return held.bytes;
  }

  /** What a process leaves that dies in the middle of a put. */
  leaveUnfinished(key: string, startedAt: Date): void {
    this.uploads.add({ key, startedAt, chunks: [] });
  }

  get unfinished(): number {
    return this.uploads.size;
  }

  async put(key: string, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    assertKey(key);
    await this.faults.pass('put', signal);
    const upload: Upload = { key, startedAt: this.now(), chunks: [] };
    this.uploads.add(upload);
    try {
      for await (const chunk of this.passing('put', untilAborted(body, signal))) this.take(upload, chunk);
      signal.throwIfAborted();
      if (!this.uploads.has(upload))
        throw new HoldfastError('backup_store_unreachable', `${key} was removed meanwhile`);
      this.objects.set(key, { bytes: Buffer.concat(upload.chunks), modifiedAt: this.now() });
    } finally {
      this.uploads.delete(upload);
    }
  }

  async get(key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    assertKey(key);
    await this.faults.pass('get', signal);
    const held = this.objects.get(key);
    if (!held) throw new HoldfastError('backup_object_missing', `${this.description} has no ${key}`);
    return untilAborted(this.passing('get', chunksOf(held.bytes)), signal);
  }

  async find(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    assertKey(key);
    await this.faults.pass('find', signal);
    const held = this.objects.get(key);
    return held ? stored(key, held) : null;
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject> {
    assertPrefix(prefix);
    await this.faults.pass('list', signal);
    const objects = [...this.objects].map(([key, held]) => stored(key, held));
    for (const object of objects.filter(({ key }) => key.startsWith(prefix)).sort(byKey)) {
      signal.throwIfAborted();
      yield object;
    }
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    assertKey(key);
    await this.faults.pass('remove', signal);
    this.objects.delete(key);
  }

  async removeUnfinished(prefix: string, before: Date, signal: AbortSignal): Promise<number> {
    await this.faults.pass('removeUnfinished', signal);
    const old = [...this.uploads].filter(({ key, startedAt }) => key.startsWith(prefix) && startedAt < before);
    for (const upload of old) this.uploads.delete(upload);
    return old.length;
  }

  private take(upload: Upload, chunk: Buffer): void {
    if (this.usedBytes() + chunk.length > this.roomBytes) {
      throw new HoldfastError('backup_store_full', `${this.description} is full`);
    }
    // A copy: the caller may fill its buffer anew.
    upload.chunks.push(Buffer.from(chunk));
  }

  private usedBytes(): number {
    if (this.roomBytes === Infinity) return 0;
    const whole = [...this.objects.values()].map(({ bytes }) => bytes);
    const half = [...this.uploads].flatMap(({ chunks }) => chunks);
    return [...whole, ...half].reduce((sum, { length }) => sum + length, 0);
  }

  private async *passing(method: 'put' | 'get', body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const end = this.breaks.get(method);
    this.breaks.delete(method);
    let bytes = 0;
    for await (const chunk of body) {
      await this.beforeChunk();
      const left = (end?.afterBytes ?? Infinity) - bytes;
      if (end && chunk.length > left) {
        if (left > 0) yield chunk.subarray(0, left);
        throw end.error;
      }
      bytes += chunk.length;
      yield chunk;
    }
    if (end) throw end.error;
  }
}

const stored = (key: string, { bytes, modifiedAt }: Held): StoredObject => ({ key, bytes: bytes.length, modifiedAt });

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}
