import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ObjectStore } from '#engine/ports/object-store.js';
import { DirectoryStore } from '#engine/stores/directory-store.js';
import { openStores } from '#engine/stores/open-stores.js';
import { identifiedStores } from '#operations/backup/identified-stores.js';
import { BackupFamily } from '../../support/backup-family.js';

/** Directories in whose place something else may be found: the mount point of a disk that is away, or another disk. */

const signal = AbortSignal.timeout(600_000);
let family: BackupFamily;
let directory = '';

beforeAll(async () => {
  family = await BackupFamily.open();
});
afterAll(async () => {
  expect(await family.settle()).toEqual([]);
  await family.close();
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-identities-'));
  mkdirSync(join(directory, 'place'));
});
afterEach(async () => {
  const { db } = family.installation.control;
  await db.updateTable('backups').set({ store: 'default' }).where('store', '=', 'disk').execute();
  rmSync(directory, { recursive: true });
});

const place = (): string => join(directory, 'place');
const away = (): string => join(directory, 'away');

/** As another process opens it. */
const opened = (path = place(), name = 'disk'): ObjectStore => {
  const stores = openStores({ [name]: { type: 'directory', path, isOwn: false } });
  return identifiedStores(family.installation.control.db, stores).open(name);
};
const put = (store: ObjectStore, key: string): Promise<void> =>
  store.put(
    key,
    (async function* () {
      yield Buffer.from(key);
    })(),
    signal,
  );
const keysOf = async (store: ObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('', signal)) keys.push(key);
  return keys;
};
const holdsBackup = async (): Promise<void> => {
  const id = await family.taken();
  await family.change(id, { store: 'disk' });
};
const refusal = async (work: Promise<unknown>): Promise<HoldfastError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof HoldfastError) return error;
    throw error;
  }
  throw new Error('It was not refused');
};

describe('a store whose place was used', () => {
  it.each(['the same process', 'another process'])(
    'answers nothing while an empty directory is there, to %s',
    async (who) => {
      const before = opened();
      await put(before, 'a/one');
      await holdsBackup();
      renameSync(place(), away());
      mkdirSync(place());
      const store = who === 'the same process' ? before : opened();
      const asked = [
        () => put(store, 'a/two'),
        () => store.get('a/one', signal),
        () => store.find('a/one', signal),
        () => keysOf(store),
        () => store.remove('a/one', signal),
        () => store.removeUnfinished('', new Date(), signal),
      ];
      for (const ask of asked) expect((await refusal(ask())).code).toBe('backup_store_unreachable');
      expect(readdirSync(place())).toEqual([]);
      rmSync(place(), { recursive: true });
      renameSync(away(), place());
      expect(await keysOf(store)).toEqual(['a/one']);
      await put(store, 'a/two');
    },
  );

  it('answers nothing while the place of another store is there', async () => {
    const store = opened();
    await put(store, 'a/one');
    await holdsBackup();
    mkdirSync(away());
    await put(opened(away(), 'other'), 'b/two');
    expect((await refusal(keysOf(opened(away())))).code).toBe('backup_store_unreachable');
    expect(await keysOf(store)).toEqual(['a/one']);
  });

  it('answers again where the identity was put by hand, as the remedy says', async () => {
    await put(opened(), 'a/one');
    await holdsBackup();
    rmSync(place(), { recursive: true });
    mkdirSync(place());
    const { remedy } = await refusal(keysOf(opened()));
    execFileSync('sh', ['-c', /echo .*$/.exec(remedy)?.[0] ?? 'false']);
    expect(await keysOf(opened())).toEqual([]);
  });

  it('may lie elsewhere as long as no backup does', async () => {
    const store = opened();
    await put(store, 'a/one');
    rmSync(place(), { recursive: true });
    mkdirSync(place());
    await put(store, 'a/two');
    await holdsBackup();
    expect(await keysOf(opened())).toEqual(['a/two']);
  });
});

describe('the identity of a store', () => {
  const identityIn = (path: string): string => readFileSync(join(path, '.holdfast-store'), 'utf8');

  it('is made by one of many that come at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, index) => put(opened(), `a/${String(index)}`)));
    await holdsBackup();
    expect(await keysOf(opened())).toHaveLength(8);
    expect(readdirSync(join(place(), '.unfinished'))).toEqual([]);
  });

  it('stays when somebody else uses the place, such as another installation', async () => {
    await put(opened(), 'a/one');
    const identity = identityIn(place());
    await put(opened(place(), 'theirs'), 'b/two');
    expect(identityIn(place())).toBe(identity);
  });

  it('is no condition for reading what cannot be written', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place()]);
    try {
      await put(new DirectoryStore(place(), false), 'a/one');
      execFileSync('mount', ['-o', 'remount,ro', place()]);
      expect(await keysOf(opened())).toEqual(['a/one']);
      expect((await refusal(put(opened(), 'a/two'))).code).toBe('backup_store_refused');
    } finally {
      execFileSync('umount', [place()]);
    }
  });
});
