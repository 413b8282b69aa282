import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHome, isInstallationHome } from './installation.js';
import { backupsIn, removeHome } from './purge.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
  ensureHome(home);
  writeFileSync(join(home, 'master.key'), 'key');
  mkdirSync(join(home, 'postgres'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

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

  it('removes all', () => {
    backUp();
    removeHome(home, false);
    expect(() => readdirSync(home)).toThrow();
  });

  it('keeps what an empty machine needs to restore them, which the next `up` takes', () => {
    backUp();
    removeHome(home, true);
    expect(readdirSync(home).sort()).toEqual(['backups', 'master.key']);
    ensureHome(home);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('leaves a directory alone that is no home', () => {
    rmSync(join(home, 'installation.env'));
    removeHome(home, false);
    expect(readdirSync(home)).toContain('postgres');
  });
});
