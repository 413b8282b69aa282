import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHome, isInstallationHome } from './installation.js';
import { ensureMasterKey } from './master-key.js';
import { backupsIn, hasKeptNote, placeInHome, removeHome } from './purge.js';

const nothing = { backups: false, keyFile: null, reason: null };
const now = new Date('2026-11-27T00:00:00Z');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
  ensureHome(home);
  writeFileSync(join(home, 'master.key'), 'key');
  mkdirSync(join(home, 'postgres'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const keyFile = (): string => join(home, 'master.key');
const backUp = (): void => {
  const folder = join(home, 'backups/holdfast/installation/backup');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '1.data'), '');
  writeFileSync(join(folder, '1.manifest.json'), '');
};

describe('a purge', () => {
  it('counts the backups that go with it: those with a manifest', () => {
    expect(backupsIn(home)).toBe(0);
    backUp();
    expect(backupsIn(home)).toBe(1);
    rmSync(join(home, 'backups/holdfast/installation/backup/1.manifest.json'));
    expect(backupsIn(home)).toBe(0);
  });

  it('counts none behind a link out of the home, which it does not follow', () => {
    const outside = mkdtempSync(join(tmpdir(), 'holdfast-outside-'));
    try {
      writeFileSync(join(outside, '1.manifest.json'), '');
      symlinkSync(outside, join(home, 'backups'));
      expect(backupsIn(home)).toBe(0);
      removeHome(home, nothing, now);
      expect(readdirSync(outside)).toEqual(['1.manifest.json']);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('removes all', () => {
    backUp();
    removeHome(home, nothing, now);
    expect(() => readdirSync(home)).toThrow();
  });

  it('keeps what an empty machine needs to restore them, which the next `up` takes', () => {
    backUp();
    removeHome(home, { backups: true, keyFile: keyFile(), reason: null }, now);
    expect(readdirSync(home).sort()).toEqual(['backups', 'master.key']);
    ensureHome(home);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('keeps the key of backups elsewhere in its place, says why beside it, and the next `up` goes on with it', () => {
    backUp();
    removeHome(home, { ...nothing, keyFile: keyFile(), reason: '2 backups' }, now);
    expect(readdirSync(home).sort()).toEqual(['master.key', 'master.key.kept']);
    expect(readFileSync(join(home, 'master.key.kept'), 'utf8')).toBe(
      `2026-11-27T00:00:00.000Z kept ${keyFile()} for 2 backups\n`,
    );
    expect(hasKeptNote(home)).toBe(true);
    ensureHome(home);
    ensureMasterKey(keyFile());
    expect(readFileSync(keyFile(), 'utf8')).toBe('key');
  });

  it('keeps a key that lies deeper in the home, and nothing beside it', () => {
    const deep = join(home, 'keys/own.key');
    mkdirSync(join(home, 'keys/more'), { recursive: true });
    writeFileSync(deep, 'deep');
    const found = placeInHome(home, deep);
    removeHome(home, { ...nothing, keyFile: found, reason: '2 backups' }, now);
    expect(readdirSync(home).sort()).toEqual(['keys', 'master.key.kept']);
    expect(readdirSync(join(home, 'keys'))).toEqual(['own.key']);
    ensureHome(home, deep);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('leaves a directory alone that is no home', () => {
    rmSync(join(home, 'installation.env'));
    removeHome(home, nothing, now);
    expect(readdirSync(home)).toContain('postgres');
  });
});
