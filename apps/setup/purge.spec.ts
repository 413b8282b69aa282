import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHome, isInstallationHome } from './installation.js';
import { fateOf, removeHome, requireSaid } from './purge.js';

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
const refusal: unknown = expect.objectContaining({
  code: 'setup_failed',
  detail: expect.stringContaining('holds 1 backups'),
});

describe('a purge', () => {
  it('refuses while backups are there of which nothing was said', () => {
    backUp();
    expect(() => requireSaid(home, 'unsaid')).toThrow(refusal);
    expect(() => requireSaid(home, 'keep')).not.toThrow();
    expect(() => requireSaid(home, 'remove')).not.toThrow();
  });

  it('needs no word when there are none, or only data without a manifest', () => {
    requireSaid(home, 'unsaid');
    backUp();
    rmSync(join(home, 'backups/holdfast/installation/backup/1.manifest.json'));
    requireSaid(home, 'unsaid');
  });

  it('removes all', () => {
    backUp();
    removeHome({ home }, 'remove');
    expect(() => readdirSync(home)).toThrow();
  });

  it('keeps what an empty machine needs to restore them, which the next `up` takes', () => {
    backUp();
    removeHome({ home }, 'keep');
    expect(readdirSync(home).sort()).toEqual(['backups', 'master.key']);
    ensureHome(home);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('leaves a directory alone that is no home', () => {
    rmSync(join(home, 'installation.env'));
    removeHome({ home }, 'remove');
    expect(readdirSync(home)).toContain('postgres');
  });
});

describe('fateOf', () => {
  it('takes one of the flags', () => {
    expect(fateOf({ 'with-backups': true, 'keep-backups': false })).toBe('remove');
    expect(fateOf({ 'with-backups': false, 'keep-backups': true })).toBe('keep');
    expect(fateOf({ 'with-backups': false, 'keep-backups': false })).toBe('unsaid');
    expect(() => fateOf({ 'with-backups': true, 'keep-backups': true })).toThrow();
  });
});
