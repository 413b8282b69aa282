import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadBackupStores, type BackupStoreSettings } from '#configuration/backup-stores.js';
import { elsewhere } from './left-backups.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-left-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const home = (): string => join(root, 'home');
const put = (directory: string, key: string): void => {
  const file = join(directory, key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
};
const manifests = (...rows: readonly (readonly [store: string, key: string])[]) =>
  rows.map(([store, manifest_key]) => ({ store, manifest_key }));
const directory = (path: string) => ({ type: 'directory', path, isOwn: false }) as const;
const own = (): BackupStoreSettings => loadBackupStores(null, home());

describe('the backups that do not go with the home', () => {
  it('are none of those in its own directory, under whatever name it has', () => {
    put(home(), 'backups/a/1.manifest.json');
    const key = 'a/1.manifest.json';
    expect(elsewhere(manifests(['default', key]), own(), home())).toEqual([]);
    expect(elsewhere(manifests(['disk', key]), { disk: directory(join(home(), 'backups')) }, home())).toEqual([]);
    expect(elsewhere(manifests(['default', key]), {}, home())).toEqual([]);
  });

  it('are those in a directory outside, in a bucket, and in a store that nobody names any more', () => {
    put(home(), 'backups/here');
    put(root, 'outside/there');
    const bucket = { type: 's3', bucket: 'mine', region: 'r', endpoint: null, prefix: '' } as const;
    const stores = {
      outside: directory(join(root, 'outside')),
      cloud: { ...bucket, credentials: null, ca: null, forcePathStyle: false },
    };
    const rows = manifests(
      ['default', 'here'],
      ['outside', 'there'],
      ['outside', 'lost'],
      ['cloud', 'here'],
      ['x', 'y'],
    );
    expect(elsewhere(rows, stores, home())).toEqual([
      { store: 'outside', place: `directory ${root}/outside`, count: 2 },
      { store: 'cloud', place: 'S3 bucket mine', count: 1 },
      { store: 'x', place: null, count: 1 },
    ]);
  });

  it('are those of a `default` that was another store when they were taken', () => {
    put(home(), 'backups/here');
    expect(elsewhere(manifests(['default', 'there']), own(), home())).toMatchObject([{ store: 'default', count: 1 }]);
  });

  it('are those behind a link out of the home', () => {
    put(home(), 'backups/here');
    renameSync(join(home(), 'backups'), join(root, 'moved'));
    symlinkSync(join(root, 'moved'), join(home(), 'backups'));
    expect(elsewhere(manifests(['default', 'here']), own(), home())).toMatchObject([{ store: 'default', count: 1 }]);
  });
});
