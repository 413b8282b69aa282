import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appFingerprint } from './app-material.js';

let root: string;
const write = (path: string, content: string) => writeFileSync(join(root, path), content);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-material-'));
  for (const folder of ['dist/apps', 'dist/libs']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'dist/apps/main.js']) write(file, '1');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('appFingerprint', () => {
  it('follows the content of the build and of the manifests', () => {
    const seen = new Set([appFingerprint(root)]);
    for (const file of ['package-lock.json', 'dist/apps/main.js', 'dist/libs/new.js']) {
      write(file, '2');
      seen.add(appFingerprint(root));
    }
    expect(seen.size).toBe(4);
  });

  it('stays the same over a build that gives the same, and over changed tests', () => {
    const first = appFingerprint(root);
    write('dist/apps/main.js', '1');
    write('dist/.build-stamp', 'later');
    write('dist/libs/main.spec.js', 'test');
    expect(appFingerprint(root)).toBe(first);
  });
});
