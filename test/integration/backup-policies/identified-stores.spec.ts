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
  const back = { store: 'default', status: 'complete' } as const;
  await db.updateTable('backups').set(back).where('store', '<>', 'default').execute();
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
/** As far as Postgres knows. Returns the key of its manifest. */
const holdsBackup = async (name = 'disk', status: 'complete' | 'failed' = 'complete'): Promise<string> => {
  const id = await family.taken();
  await family.change(id, { store: name, status });
  return (await family.row(id)).manifest_key ?? '';
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

  it('answers again where the identity was put by hand, as the error says', async () => {
    await put(opened(), 'a/one');
    await holdsBackup();
    rmSync(place(), { recursive: true });
    mkdirSync(place());
    const { detail } = await refusal(keysOf(opened()));
    execFileSync('sh', ['-c', /\(echo .*\)/.exec(detail)?.[0] ?? 'false']);
    expect(await keysOf(opened())).toEqual([]);
  });

  it('answers nothing in an empty directory as long as a purge of it has not come to its end', async () => {
    await put(opened(), 'a/one');
    await holdsBackup('disk', 'failed');
    renameSync(place(), away());
    mkdirSync(place());
    expect((await refusal(keysOf(opened()))).code).toBe('backup_store_unreachable');
  });

  it.each(['find', 'list', 'get'] as const)('is looked for once more when a %s finds nothing', async (method) => {
    await put(opened(), 'a/one');
    await holdsBackup();
    const loseDisk = (): void => {
      renameSync(place(), away());
      mkdirSync(place());
    };
    const raw = openStores({ disk: { type: 'directory', path: place(), isOwn: false } });
    const before = (work: typeof method): void => (work === method ? loseDisk() : undefined);
    const disk = raw.open('disk');
    const losing: ObjectStore = {
      ...opened(),
      find: (...asked) => (before('find'), disk.find(...asked)),
      list: (...asked) => (before('list'), disk.list(...asked)),
      get: (...asked) => (before('get'), disk.get(...asked)),
    };
    const { db } = family.installation.control;
    const store = identifiedStores(db, { ...raw, open: () => losing }).open('disk');
    const ask = {
      find: () => store.find('a/one', signal),
      list: () => keysOf(store),
      get: () => store.get('a/one', signal),
    };
    expect((await refusal(ask[method]())).code).toBe('backup_store_unreachable');
  });

  it.each(['an empty directory', 'nothing'])(
    'is looked for once more when %s is there before the first byte',
    async (left) => {
      await put(opened(), 'a/one');
      await holdsBackup();
      const body = await opened().get('a/one', signal);
      renameSync(place(), away());
      if (left !== 'nothing') mkdirSync(place());
      const reading = async (): Promise<void> => {
        for await (const _ of body) throw new Error('It was read');
      };
      expect((await refusal(reading())).code).toBe('backup_store_unreachable');
    },
  );

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

describe('a store with backups from before there were identities', () => {
  it('answers nothing in a directory that has none of them, and gets its identity where they are', async () => {
    const manifest = await holdsBackup('older');
    const store = opened(place(), 'older');
    for (const ask of [() => put(store, 'a/one'), () => keysOf(store)])
      expect((await refusal(ask())).code).toBe('backup_store_unreachable');
    expect(readdirSync(place())).toEqual([]);
    await put(new DirectoryStore(place(), false), manifest);
    expect(await keysOf(store)).toEqual([manifest]);
    expect(readdirSync(place())).toContain('.holdfast-store');
  });

  it('is used without any of them when somebody says so', async () => {
    await holdsBackup('lost');
    const { detail } = await refusal(keysOf(opened(place(), 'lost')));
    execFileSync('sh', ['-c', /\(echo .*\)/.exec(detail)?.[0] ?? 'false']);
    await put(opened(place(), 'lost'), 'a/one');
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
