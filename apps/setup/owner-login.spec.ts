import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepOwnerToken, loginFile, readOwnerToken, removeLogin, writeLogin } from './owner-login.js';
import { readIfPresent } from './secret-file.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-login-'));
});
afterEach(() => rmSync(home, { recursive: true }));

describe('the login of the CLI', () => {
  it('is a file that only its owner reads', () => {
    writeLogin(loginFile(home), { url: 'http://a', token: 't' });
    expect(JSON.parse(readIfPresent(loginFile(home)) ?? '')).toEqual({ url: 'http://a', token: 't' });
    expect(statSync(loginFile(home)).mode & 0o777).toBe(0o600);
  });

  it('is removed with its installation, and only with its own', () => {
    writeLogin(loginFile(home), { url: 'http://a', token: 't' });
    removeLogin(loginFile(home), 'http://b');
    expect(readIfPresent(loginFile(home))).not.toBeNull();
    removeLogin(loginFile(home), 'http://a');
    removeLogin(loginFile(home), 'http://a');
    expect(readIfPresent(loginFile(home))).toBeNull();
  });
});

describe('the owner token', () => {
  it('is null until one is kept', () => {
    expect(readOwnerToken(home)).toBeNull();
    keepOwnerToken(home, 'token');
    expect(readOwnerToken(home)).toBe('token');
  });
});
