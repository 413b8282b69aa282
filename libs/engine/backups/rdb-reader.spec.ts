import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { rdbFile, string, type Bytes } from '#domain/rdb/testing/rdb-bytes.js';
import { RdbReader } from './rdb-reader.js';

const megabyte = 1024 * 1024;

const key = (name: string, value: Bytes): Bytes => [0, ...string(name), ...value];
const small = Buffer.from(
  rdbFile(key('one', string('value')), [252, ...new Array<number>(8).fill(1)], key('two', [0])),
);

/** A file with one value, in pieces. */
async function* withValue(megabytes: number, end = Buffer.from(rdbFile().subarray(9))): AsyncGenerator<Buffer> {
  const head = Buffer.from([...rdbFile().subarray(0, 9), ...key('big', [0x80, 0, 0, 0, 0])]);
  head.writeUInt32BE(megabytes * megabyte, head.length - 4);
  yield head;
  for (let count = 0; count < megabytes; count += 1) yield Buffer.alloc(megabyte, count);
  yield end;
}

async function* of(...pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

const bytesOf = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const bytes of body) pieces.push(bytes);
  return Buffer.concat(pieces);
};

/** Threads of this process, the kernel's view. */
const threads = async (): Promise<number> => (await readdir('/proc/self/task')).length;

describe('RdbReader', () => {
  it('passes the bytes on as they are, and sums up the file', async () => {
    const reader = new RdbReader(new Date(0));
    const pieces = [small.subarray(0, 3), Buffer.alloc(0), small.subarray(3)];
    expect(await bytesOf(reader.through(of(...pieces)))).toEqual(small);
    expect(await reader.summary()).toMatchObject({ databases: [{ index: 0, keys: 2, expiring: 1, lasting: 1 }] });
  });

  it('reads more than it may hold', async () => {
    const reader = new RdbReader(null);
    let length = 0;
    for await (const bytes of reader.through(withValue(50))) length += bytes.length;
    expect(length).toBeGreaterThan(50 * megabyte);
    expect(await reader.summary()).toMatchObject({ databases: [{ keys: 1 }] });
  });

  it('lets bytes pass that are no RDB file, and says so afterwards', async () => {
    const reader = new RdbReader(null);
    const strange = Array.from({ length: 20 }, () => Buffer.alloc(megabyte, 'x'));
    expect(await bytesOf(reader.through(of(...strange)))).toHaveLength(20 * megabyte);
    await expect(reader.summary()).rejects.toMatchObject({ name: 'HoldfastError', code: 'backup_corrupt' });
  });

  it('says that a file ends too early', async () => {
    const reader = new RdbReader(null);
    await bytesOf(reader.through(of(small.subarray(0, -1))));
    await expect(reader.summary()).rejects.toMatchObject({ code: 'backup_corrupt' });
  });

  it('lets the rest of a file pass that it cannot read', async () => {
    const reader = new RdbReader(null);
    const file = [...withoutEnd, Buffer.from([7]), ...Array.from({ length: 20 }, () => Buffer.alloc(megabyte))];
    expect((await bytesOf(reader.through(of(...file)))).length).toBeGreaterThan(20 * megabyte);
    expect(await reader.summary()).toEqual({ unreadable: "a module's type" });
  });
  const withoutEnd = [small.subarray(0, -9)];

  it('has no summary of a body that was not read to its end', async () => {
    const unread = new RdbReader(null);
    await expect(unread.summary()).rejects.toThrow('only after its last byte');
    const broken = new RdbReader(null);
    const body = async function* (): AsyncGenerator<Buffer> {
      yield small;
      throw new Error('the link broke');
    };
    await expect(bytesOf(broken.through(body()))).rejects.toThrow('the link broke');
    await expect(broken.summary()).rejects.toThrow('only after its last byte');
  });

  it('leaves no thread behind when the reader of the bytes stops, and ends the body', async () => {
    await bytesOf(new RdbReader(null).through(of(small)));
    const before = await threads();
    let ended = 0;
    for (let round = 0; round < 20; round += 1) {
      const body = async function* (): AsyncGenerator<Buffer> {
        try {
          yield* withValue(20);
        } finally {
          ended += 1;
        }
      };
      for await (const bytes of new RdbReader(null).through(body())) if (bytes.length === megabyte) break;
    }
    expect(ended).toBe(20);
    // The pool that reads directories may have grown meanwhile.
    expect(await threads()).toBeLessThan(before + 8);
  });

  it('leaves the event loop free while it reads', async () => {
    let turns = 0;
    let isOver = false;
    const reading = bytesOf(new RdbReader(null).through(of(...manyKeys))).finally(() => (isOver = true));
    for (; !isOver; turns += 1) await turn();
    await reading;
    expect(turns).toBeGreaterThan(10);
  });
  const block = Buffer.from(Array.from({ length: 20_000 }, (_, index) => key(String(index), [0])).flat());
  const manyKeys = [
    Buffer.from(rdbFile().subarray(0, 9)),
    ...Array.from({ length: 15 }, () => block),
    small.subarray(-9),
  ];

  it('does not keep a process alive', async () => {
    const module = join(import.meta.dirname, '../../../dist/libs/engine/backups/rdb-reader.js');
    const script = `
      const { RdbReader } = await import(${JSON.stringify(module)});
      async function* body() { yield Buffer.from('REDIS0012'); yield Buffer.alloc(10); }
      await new RdbReader(null).through(body()).next();
      console.log('left');`;
    // The time limit ends one that stays.
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 15_000,
      killSignal: 'SIGKILL',
    });
    const [said, [code]] = await Promise.all([process_.stdout.toArray(), once(process_, 'exit')]);
    expect([said.join(''), code]).toEqual(['left\n', 0]);
  }, 20_000);
});
