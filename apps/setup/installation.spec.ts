import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiUrl } from './api-url.js';
import {
  ensureHome,
  installationConfiguration,
  installationEnvironment,
  isInstallationHome,
  readSettings,
  recordSettings,
  settingsOfPurge,
} from './installation.js';
import { ensureMasterKey } from './master-key.js';
import { readIfPresent } from './secret-file.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('ensureHome', () => {
  it('takes an empty directory, and the same one again with what came into it', () => {
    ensureHome(home);
    writeFileSync(join(home, 'more'), '');
    ensureHome(home);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('takes what somebody brings who has lost all else: the master key and the backups', () => {
    writeFileSync(join(home, 'master.key'), '');
    mkdirSync(join(home, 'backups'));
    ensureHome(home);
    expect(isInstallationHome(home)).toBe(true);
  });

  it('refuses a directory with files of somebody else, which a purge would remove', () => {
    writeFileSync(join(home, 'thesis.txt'), '');
    expect(() => ensureHome(home)).toThrow(expect.objectContaining({ code: 'setup_failed' }));
    expect(isInstallationHome(home)).toBe(false);
  });
});

describe('the recorded settings', () => {
  const settings = { HOLDFAST_DATABASE_URL: 'postgres://me:pa$s%23w@127.0.0.1:1/holdfast', HOLDFAST_PORT: '7700' };

  it('come back as they were, from a file that only its owner reads', () => {
    recordSettings(home, settings);
    expect(readSettings(home)).toEqual(settings);
    expect(statSync(join(home, 'installation.env')).mode & 0o777).toBe(0o600);
  });

  it('are not written again when nothing changed', () => {
    recordSettings(home, settings);
    const { ino } = statSync(join(home, 'installation.env'));
    recordSettings(home, settings);
    expect(statSync(join(home, 'installation.env')).ino).toBe(ino);
  });

  it('stand behind what the operator says; an empty variable says nothing', () => {
    const environment = { HOLDFAST_PORT: '7800', HOLDFAST_DATABASE_URL: '' };
    expect(installationEnvironment(environment, settings)).toEqual({ ...settings, HOLDFAST_PORT: '7800' });
    expect(installationConfiguration(environment, settings).port).toBe(7800);
  });
});

describe('the settings that a purge needs', () => {
  const given = (more: Record<string, string>) =>
    settingsOfPurge(installationConfiguration({ HOLDFAST_HOME: home, ...more }, {}));

  it('are the stores and a master key of another place', () => {
    const named = { HOLDFAST_BACKUP_STORES_FILE: '/etc/stores.json', HOLDFAST_MASTER_KEY_FILE: '/etc/key' };
    expect(given(named)).toEqual(named);
    expect(given({ HOLDFAST_MASTER_KEY_FILE: join(home, 'master.key') })).toEqual({});
  });
});

describe('ensureMasterKey', () => {
  it('makes a key of 32 bytes once', () => {
    const file = join(home, 'master.key');
    ensureMasterKey(file);
    const first = readIfPresent(file);
    ensureMasterKey(file);
    expect(readIfPresent(file)).toBe(first);
    expect(Buffer.from(/^1:(.+)\n$/.exec(first ?? '')?.[1] ?? '', 'base64')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('apiUrl', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:7600'],
    ['0.0.0.0', 'http://127.0.0.1:7600'],
    ['::', 'http://[::1]:7600'],
    ['fd00::5', 'http://[fd00::5]:7600'],
  ])('reaches an API on %s at %s', (listenAddress, url) => {
    expect(apiUrl({ listenAddress, port: 7600 })).toBe(url);
  });
});
