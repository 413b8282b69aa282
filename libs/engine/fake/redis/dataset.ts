import { FakeReplyError } from './reply-error.js';

/** Strings by key, which is all that Holdfast's own tests write. */
export class FakeDataset {
  private data = new Map<string, string>();

  get size(): number {
    return this.data.size;
  }

  keys(): string[] {
    return [...this.data.keys()];
  }

  get(key: string): string | null {
    return this.data.get(key) ?? null;
  }

  /** Runs a command that changes data; the same on a primary and where it is replicated. */
  apply([name = '', key = '', value = '', ...more]: readonly string[]): unknown {
    switch (name.toUpperCase()) {
      case 'SET':
        this.data.set(key, value);
        return 'OK';
      case 'DEL':
        return [key, value, ...more].filter((name) => this.data.delete(name)).length;
      case 'INCR':
        return this.increment(key);
      // The brackets of a transaction in the stream.
      case 'MULTI':
      case 'EXEC':
        return 'OK';
      case 'FLUSHALL':
        this.data.clear();
        return 'OK';
      default:
        throw new FakeReplyError(`ERR unknown command '${name}'`);
    }
  }

  copyOf(other: FakeDataset): void {
    this.data = new Map(other.data);
  }

  dump(): Buffer {
    return Buffer.from(JSON.stringify([...this.data]));
  }

  /** The one RDB file that is written for a server, and not by one, has no keys. */
  restore(dump: Buffer): void {
    const isRdb = dump.subarray(0, 5).toString('latin1') === 'REDIS';
    this.data = new Map(isRdb ? [] : (JSON.parse(dump.toString()) as [string, string][]));
  }

  private increment(key: string): number {
    const before = this.data.get(key) ?? '0';
    if (!/^-?\d+$/.test(before)) throw new FakeReplyError('ERR value is not an integer or out of range');
    this.data.set(key, String(Number(before) + 1));
    return Number(before) + 1;
  }
}
