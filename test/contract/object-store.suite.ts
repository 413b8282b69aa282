import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '#engine/ports/object-store.js';
import { bytesOf, calm, chunked, expectCode, expectSame, halting, keysOf, put, read } from './object-store.fixture.js';

export interface StoreFixture {
  readonly store: ObjectStore;
  cleanUp(): Promise<void>;
}

/** More than one part of a multipart upload. */
const large = bytesOf(21_000_001, 'large');

/** What every ObjectStore does. */
export const describeObjectStore = (title: string, start: () => Promise<StoreFixture>): void => {
  describe(`ObjectStore: ${title}`, () => {
    let fixture: StoreFixture;
    let store: ObjectStore;

    beforeAll(async () => {
      fixture = await start();
      ({ store } = fixture);
    }, 30_000);
    afterAll(() => fixture?.cleanUp(), 30_000);
    beforeEach(async () => {
      for (const key of await keysOf(store)) await store.remove(key, calm);
    });

    describe('put and get', () => {
      it('give back the same bytes', async () => {
        await put(store, 'env/db/one.rdb', 'one');
        expect((await read(store, 'env/db/one.rdb')).toString()).toBe('one');
      });

      it('take an empty body', async () => {
        await put(store, 'empty', '');
        expect(await read(store, 'empty')).toHaveLength(0);
        expect(await store.find('empty', calm)).toMatchObject({ key: 'empty', bytes: 0 });
      });

      it('take many parts in chunks of odd sizes', async () => {
        await store.put('large', chunked(large, [1, 77_777, 0, 1_000_003, 64, 5_000_001]), calm);
        expectSame(await read(store, 'large'), large);
        expect(await store.find('large', calm)).toMatchObject({ bytes: large.length });
      }, 30_000);

      it('do not mind that the caller fills its buffer anew', async () => {
        const buffer = Buffer.alloc(1024);
        const body = async function* (): AsyncGenerator<Buffer> {
          for (const letter of 'abc') yield buffer.fill(letter);
        };
        await store.put('reused', body(), calm);
        expect((await read(store, 'reused')).toString()).toBe('abc'.replace(/./g, (letter) => letter.repeat(1024)));
      });

      it('replace what was there', async () => {
        await put(store, 'twice', 'a long first one');
        await put(store, 'twice', 'second');
        expect((await read(store, 'twice')).toString()).toBe('second');
        expect(await keysOf(store)).toEqual(['twice']);
      });

      it('say that an object is missing, at once', async () => {
        await expectCode(store.get('no/such', calm), 'backup_object_missing');
        await put(store, 'folder/one', '1');
        await expectCode(store.get('folder', calm), 'backup_object_missing');
        await expectCode(store.get('folder/one/more', calm), 'backup_object_missing');
      });

      it('let a reader stop early', async () => {
        await put(store, 'large', large);
        for await (const chunk of await store.get('large', calm)) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
        await store.remove('large', calm);
      });
    });

    describe('find', () => {
      it('tells size and time', async () => {
        await put(store, 'a/found', 'four');
        const found = await store.find('a/found', calm);
        expect(found).toMatchObject({ key: 'a/found', bytes: 4 });
        expect(Math.abs(Date.now() - Number(found?.modifiedAt))).toBeLessThan(60_000);
      });

      it('finds nothing where nothing is', async () => {
        await put(store, 'a/found', 'four');
        for (const key of ['none', 'a', 'a/none', 'a/found/none']) expect(await store.find(key, calm)).toBeNull();
      });
    });

    describe('list', () => {
      const keys = ['a', 'a-b', 'a.b', 'a/', 'a_b'].map((name) => `l/${name}`.replace(/\/$/, '/x')).concat('l0', 'm/a');

      it('goes by key, slashes in their place among the other characters', async () => {
        for (const key of [...keys].reverse().filter((one) => one !== 'l/a')) await put(store, key, key);
        expect(await keysOf(store)).toEqual(['l/a-b', 'l/a.b', 'l/a/x', 'l/a_b', 'l0', 'm/a']);
      });

      it('takes a prefix that ends anywhere', async () => {
        for (const key of keys.filter((one) => one !== 'l/a')) await put(store, key, key);
        expect(await keysOf(store, 'l/')).toEqual(['l/a-b', 'l/a.b', 'l/a/x', 'l/a_b']);
        expect(await keysOf(store, 'l/a/')).toEqual(['l/a/x']);
        expect(await keysOf(store, 'l')).toEqual(['l/a-b', 'l/a.b', 'l/a/x', 'l/a_b', 'l0']);
        expect(await keysOf(store, 'l/a_')).toEqual(['l/a_b']);
        expect(await keysOf(store, 'none/')).toEqual([]);
        expect(await keysOf(store, 'm/a')).toEqual(['m/a']);
      });
    });

    describe('remove', () => {
      it('removes one, and does not mind what is absent', async () => {
        await put(store, 'r/one', '1');
        await put(store, 'r/two', '2');
        await store.remove('r/one', calm);
        await store.remove('r/one', calm);
        await store.remove('s/none', calm);
        expect(await keysOf(store)).toEqual(['r/two']);
      });

      it('leaves a place where another kind of key fits', async () => {
        await put(store, 'r/one/deep', '1');
        await store.remove('r/one/deep', calm);
        await put(store, 'r', '2');
        expect(await keysOf(store)).toEqual(['r']);
      });
    });

    describe('a put that does not end well', () => {
      const failing = async function* (bytes: Buffer): AsyncGenerator<Buffer> {
        yield* chunked(bytes);
        throw new Error('the source broke');
      };

      it.each([
        ['a short one', large.subarray(0, 10)],
        ['one of many parts', large],
      ])('leaves nothing of %s whose body throws', async (_, bytes) => {
        await expect(store.put('failed', failing(bytes), calm)).rejects.toThrow('the source broke');
        expect(await keysOf(store)).toEqual([]);
        expect(await store.removeUnfinished('', new Date(Date.now() + 60_000), calm)).toBe(0);
      });

      it('keeps what was there before', async () => {
        await put(store, 'kept', 'before');
        await expect(store.put('kept', failing(large), calm)).rejects.toThrow('the source broke');
        expect((await read(store, 'kept')).toString()).toBe('before');
      });

      it('leaves nothing when it is aborted while the body waits', async () => {
        const abort = new AbortController();
        const { body, reached } = halting(large);
        const ended = expect(store.put('aborted', body, abort.signal)).rejects.toThrow('enough');
        await reached;
        abort.abort(new Error('enough'));
        await ended;
        expect(await keysOf(store)).toEqual([]);
        expect(await store.find('aborted', calm)).toBeNull();
        expect(await store.removeUnfinished('', new Date(Date.now() + 60_000), calm)).toBe(0);
      });

      it('stores nothing when it was aborted before', async () => {
        const signal = AbortSignal.abort(new Error('too late'));
        await expect(store.put('late', chunked(large), signal)).rejects.toThrow('too late');
        expect(await keysOf(store)).toEqual([]);
      });
    });

    describe('what is half stored', () => {
      it('is not seen, and can be removed by its age; its put then fails', async () => {
        const startedAtMs = Date.now();
        const { body, reached, goOn } = halting(large);
        const ended = expectCode(store.put('half/one', body, calm), 'backup_store_unreachable');
        await reached;
        expect(await keysOf(store)).toEqual([]);
        expect(await store.find('half/one', calm)).toBeNull();
        expect(await store.removeUnfinished('', new Date(startedAtMs - 60_000), calm)).toBe(0);
        expect(await store.removeUnfinished('', new Date(Date.now() + 60_000), calm)).toBe(1);
        goOn();
        await ended;
        expect(await keysOf(store)).toEqual([]);
      }, 30_000);

      it('is never read while another one is put in its place', async () => {
        const versions = ['first', 'second'].map((seed) => bytesOf(2_000_000, seed));
        const isWhole = (bytes: Buffer): boolean => versions.some((version) => version.equals(bytes));
        await put(store, 'shared', versions[0]!);
        let isDone = false;
        const write = async (): Promise<void> => {
          for (let turn = 0; turn < 10; turn += 1) await put(store, 'shared', versions[turn % 2]!);
          isDone = true;
        };
        const watch = async (): Promise<boolean[]> => {
          const seen: boolean[] = [];
          while (!isDone) seen.push(isWhole(await read(store, 'shared')));
          return seen;
        };
        const [, ...seen] = await Promise.all([write(), watch(), watch()]);
        expect(seen.flat().length).toBeGreaterThan(2);
        expect(seen.flat()).not.toContain(false);
      }, 30_000);
    });

    describe('several at once', () => {
      it('of one key: one of them is there, whole', async () => {
        const versions = ['a', 'b', 'c', 'd'].map((seed) => bytesOf(9_000_000, seed));
        await Promise.all(versions.map((bytes) => put(store, 'raced', bytes)));
        const stored = await read(store, 'raced');
        expect(versions.filter((version) => version.equals(stored))).toHaveLength(1);
        expect(await keysOf(store)).toEqual(['raced']);
      }, 30_000);

      it('of other keys, while their folders come and go', async () => {
        const round = async (key: string): Promise<void> => {
          for (let turn = 0; turn < 10; turn += 1) {
            await put(store, key, key);
            expect((await read(store, key)).toString()).toBe(key);
            await store.remove(key, calm);
          }
        };
        await Promise.all(['x/y/a', 'x/y/b', 'x/y/c', 'x/d'].map(round));
        expect(await keysOf(store)).toEqual([]);
      }, 30_000);
    });

    describe('keys that lead elsewhere', () => {
      it.each(['', '/etc/x', '../x', 'a/../../x', 'a//b', 'a/', '.hidden', 'a/.b', 'a\\b', 'A', 'a\0b', 'a\n'])(
        '%j is refused',
        async (key) => {
          await expectCode(store.put(key, chunked(Buffer.from('x')), calm), 'backup_store_refused');
          await expectCode(store.get(key, calm), 'backup_store_refused');
          await expectCode(store.find(key, calm), 'backup_store_refused');
          await expectCode(store.remove(key, calm), 'backup_store_refused');
          expect(await keysOf(store)).toEqual([]);
        },
      );

      it('so are prefixes', async () => {
        for (const prefix of ['/', '../', 'a//', '.unfinished', 'a/..']) {
          await expectCode(keysOf(store, prefix), 'backup_store_refused');
        }
      });
    });

    it('says what it is', () => expect(store.description).not.toBe(''));
  });
};
