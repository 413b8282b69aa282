import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DirectoryIdentity } from '#engine/stores/directory-identity.js';
import { DirectoryStore } from '#engine/stores/directory-store.js';
import { bytesOf, calm, chunked, expectCode, expectSame, keysOf, put, read } from './object-store.fixture.js';

/** What only a directory can run into. Mounting needs root; without it, the tests of a disk's own are left out. */

let directory = '';
let root = '';
let store: DirectoryStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
  root = join(directory, 'backups');
  mkdirSync(root);
  store = new DirectoryStore(root, false);
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('the directory of a store', () => {
  it('is made on first use when it is our own, for nobody else to read', async () => {
    root = join(directory, 'new', 'backups');
    store = new DirectoryStore(root, true);
    expect(await keysOf(store)).toEqual([]);
    await put(store, 'env/db/one', '1');
    expect(['', 'env', 'env/db', 'env/db/one'].map((path) => modeOf(join(root, path)))).toEqual([
      '700',
      '700',
      '700',
      '600',
    ]);
    expect(modeOf(join(root, '.unfinished'))).toBe('700');
  });

  it('is never made when it is not: its disk may not be mounted, and come back', async () => {
    rmSync(root, { recursive: true });
    await expectCode(put(store, 'env/one', '1'), 'backup_store_unreachable');
    await expectCode(read(store, 'one'), 'backup_store_unreachable');
    await expectCode(store.find('env/one', calm), 'backup_store_unreachable');
    await expectCode(keysOf(store), 'backup_store_unreachable');
    await expectCode(keysOf(store, 'env/'), 'backup_store_unreachable');
    await expectCode(store.remove('env/one', calm), 'backup_store_unreachable');
    await expectCode(store.removeUnfinished('', new Date(), calm), 'backup_store_unreachable');
    expect(readdirSync(directory)).toEqual([]);
    mkdirSync(root);
    await put(store, 'env/one', '1');
    expect(await keysOf(store)).toEqual(['env/one']);
  });

  it('may be reached by a link', async () => {
    symlinkSync(root, join(directory, 'link'));
    await put(new DirectoryStore(join(directory, 'link'), false), 'a/one', '1');
    expect(await keysOf(store)).toEqual(['a/one']);
  });

  it('holds no empty folders', async () => {
    await put(store, 'a/b/c/one', '1');
    await put(store, 'a/two', '2');
    await store.remove('a/b/c/one', calm);
    expect(readdirSync(join(root, 'a'))).toEqual(['two']);
    await store.remove('a/two', calm);
    expect(readdirSync(root)).toEqual(['.unfinished']);
  });

  it('leads nowhere else by links in it', async () => {
    const outside = join(directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'secret'), join(root, 'link'));
    await expectCode(put(store, 'out/one', '1'), 'backup_store_refused');
    await expectCode(read(store, 'out/secret'), 'backup_store_refused');
    await expectCode(store.remove('out/secret', calm), 'backup_store_refused');
    await expectCode(read(store, 'link'), 'backup_object_missing');
    expect(await keysOf(store)).toEqual([]);
    await put(store, 'link', 'own');
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(readdirSync(outside)).toEqual(['secret']);
    expect((await read(store, 'link')).toString()).toBe('own');
  });

  it('refuses a key in the place of a folder, and the other way around', async () => {
    await put(store, 'a/one', '1');
    await expectCode(put(store, 'a', '1'), 'backup_store_refused');
    await expectCode(put(store, 'a/one/two', '1'), 'backup_store_refused');
    expect(await keysOf(store)).toEqual(['a/one']);
    expect(readdirSync(join(root, '.unfinished'))).toEqual([]);
  });

  it('shows a file that was cut while it was read', async () => {
    const bytes = bytesOf(2_000_000);
    await put(store, 'cut', bytes);
    const reading = (async () => {
      for await (const _ of await store.get('cut', calm)) writeFileSync(join(root, 'cut'), 'short');
    })();
    await expectCode(reading, 'backup_store_unreachable');
  });

  it('keeps what a dead process left until it is old, and nothing of a stranger', async () => {
    mkdirSync(join(root, '.unfinished'));
    const old = new Date('2026-01-01T00:00:00Z');
    const young = new Date('2026-01-03T00:00:00Z');
    for (const begun of [old, young]) writeFileSync(join(root, '.unfinished', `${begun.getTime()}-x`), 'half');
    writeFileSync(join(root, '.unfinished', 'note'), 'mine');
    expect(await store.removeUnfinished('', new Date('2026-01-02T00:00:00Z'), calm)).toBe(1);
    expect(readdirSync(join(root, '.unfinished')).sort()).toEqual([`${young.getTime()}-x`, 'note']);
  });
});

describe('the identity of a directory', () => {
  const file = (): string => join(root, '.holdfast-store');
  const [one, two] = [randomUUID(), randomUUID()];

  it('is what was written last, is no object, and nothing while there is none', async () => {
    const identity = new DirectoryIdentity(root);
    expect(await identity.read()).toEqual([]);
    await identity.write(one);
    await identity.write(two);
    expect(await new DirectoryIdentity(root).read()).toEqual([two]);
    expect(await keysOf(store)).toEqual([]);
    expect(readdirSync(join(root, '.unfinished'))).toEqual([]);
  });

  it.each(['plain', "it's here"])('is added to by hand in a directory "%s", for all to read', async (name) => {
    const place = join(directory, name);
    mkdirSync(place);
    const identity = new DirectoryIdentity(place);
    for (const id of [one, two]) execFileSync('sh', ['-c', `umask 077; ${identity.byHand(id)}`]);
    expect(await identity.read()).toEqual([one, two]);
    expect(modeOf(join(place, '.holdfast-store'))).toBe('644');
  });

  it.each(['', 'x; reboot', `${randomUUID()} x`, 'x'.repeat(5000)])('is not "%.20s"', async (text) => {
    writeFileSync(file(), text);
    expect(await new DirectoryIdentity(root).read()).toEqual([]);
  });

  it('is not looked for elsewhere, nor in a directory that is not there', async () => {
    writeFileSync(join(directory, 'note'), 'mine');
    symlinkSync(join(directory, 'note'), file());
    await expectCode(new DirectoryIdentity(root).read(), 'backup_store_refused');
    await new DirectoryIdentity(root).write(one);
    expect(readFileSync(join(directory, 'note'), 'utf8')).toBe('mine');
    rmSync(file());
    execFileSync('mkfifo', [file()]);
    expect(await new DirectoryIdentity(root).read()).toEqual([]);
    rmSync(root, { recursive: true });
    await expectCode(new DirectoryIdentity(root).read(), 'backup_store_unreachable');
    await expectCode(new DirectoryIdentity(root).write(one), 'backup_store_unreachable');
  });
});

const withDisk = process.getuid?.() === 0 ? describe : describe.skip;

withDisk('a disk of its own', () => {
  const mount = (...words: string[]): void => void execFileSync('mount', [...words, root]);

  beforeEach(() => mount('-t', 'tmpfs', '-o', 'size=8m', 'tmpfs'));
  afterEach(() => void execFileSync('umount', [root]));

  it('that is full stores nothing more, and loses nothing', async () => {
    const bytes = bytesOf(5_000_000);
    await put(store, 'a/one', bytes);
    await expectCode(put(store, 'b/two', bytes), 'backup_store_full');
    expect(await keysOf(store)).toEqual(['a/one']);
    expect(readdirSync(join(root, '.unfinished'))).toEqual([]);
    expectSame(await read(store, 'a/one'), bytes);
    await store.remove('a/one', calm);
    await put(store, 'b/two', bytes);
    expect(await keysOf(store)).toEqual(['b/two']);
  });

  it('that cannot be written says so, and is still read', async () => {
    await put(store, 'a/one', 'one');
    execFileSync('mount', ['-o', 'remount,ro', root]);
    await expectCode(put(store, 'b/two', 'two'), 'backup_store_refused');
    await expectCode(store.remove('a/one', calm), 'backup_store_refused');
    expect((await read(store, 'a/one')).toString()).toBe('one');
  });

  it('that has no room for folders says so', async () => {
    execFileSync('mount', ['-o', 'remount,nr_inodes=2', root]);
    await expectCode(store.put('a/one', chunked(Buffer.from('1')), calm), 'backup_store_full');
  });
});
