import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBackupStores } from './backup-stores.js';
import { ConfigurationError } from './configuration-error.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-backup-stores-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};
const load = (stores: unknown) => loadBackupStores(write('stores.json', JSON.stringify({ stores })), '/home');
const problemsOf = (work: () => unknown): string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

const disk = { type: 'directory', path: '/backups' };
const cloud = { type: 's3', bucket: 'mine', region: 'us-east-1' };

describe('loadBackupStores', () => {
  it('has one directory of its own when no file is named', () => {
    expect(loadBackupStores(null, '/home')).toEqual({
      default: { type: 'directory', path: '/home/backups', isOwn: true },
    });
  });

  it('keeps the order, of which the first is the default', () => {
    expect(Object.keys(load({ zulu: disk, alpha: cloud }))).toEqual(['zulu', 'alpha']);
    expect(load({ zulu: disk })).toEqual({ zulu: { type: 'directory', path: '/backups', isOwn: false } });
  });

  it("takes Amazon's own S3 with what the machine offers", () => {
    expect(load({ a: cloud })).toEqual({
      a: {
        ...cloud,
        endpoint: null,
        prefix: '',
        credentials: null,
        ca: null,
        forcePathStyle: false,
      },
    });
  });

  it('reads keys and certificates from files, and names the bucket in the path of an own server', () => {
    const files = {
      accessKeyIdFile: write('id', 'me\n'),
      secretAccessKeyFile: write('secret', 'canary\n'),
      caFile: write('ca', 'PEM\n'),
    };
    const settings = load({ a: { ...cloud, ...files, endpoint: 'https://s3.example.org:9000', prefix: 'a/b' } });
    expect(settings['a']).toMatchObject({
      endpoint: 'https://s3.example.org:9000',
      prefix: 'a/b',
      credentials: { accessKeyId: 'me', secretAccessKey: 'canary' },
      ca: 'PEM',
      forcePathStyle: true,
    });
    const { secretAccessKeyFile } = files;
    expect(load({ a: { ...cloud, accessKeyId: 'I', secretAccessKeyFile, forcePathStyle: true } })['a']).toMatchObject({
      credentials: { accessKeyId: 'I', secretAccessKey: 'canary' },
      forcePathStyle: true,
    });
  });

  it.each<[string, unknown]>([
    ['no store', {}],
    ['a name with a capital', { Mine: disk }],
    ['a name of digits, which would jump the queue', { a: disk, 7: disk }],
    ['another type', { a: { type: 'tape' } }],
    ['a relative path', { a: { ...disk, path: 'here' } }],
    ['an unknown field', { a: { ...disk, mode: 'fast' } }],
    ['a secret in the file itself', { a: { ...cloud, accessKeyId: 'me', secretAccessKey: 'canary' } }],
    ['a bucket that is none', { a: { ...cloud, bucket: 'A/b' } }],
    ['an endpoint with a password', { a: { ...cloud, endpoint: 'https://me:canary@host' } }],
    ['an endpoint with a path', { a: { ...cloud, endpoint: 'https://host/path' } }],
    ['a prefix that leads elsewhere', { a: { ...cloud, prefix: '../x' } }],
    ['half of the credentials', { a: { ...cloud, accessKeyId: 'me' } }],
    ['the other half', { a: { ...cloud, secretAccessKeyFile: '/dev/null' } }],
  ])('refuses %s, and repeats no value', (_, stores) => {
    const problems = problemsOf(() => load(stores));
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^HOLDFAST_BACKUP_STORES_FILE stores(?!.*canary)/);
  });

  it.each([
    [disk, { ...disk, path: '/backups/' }],
    [cloud, { ...cloud, region: 'eu-west-1' }],
    [
      { ...cloud, endpoint: 'https://s3.example', prefix: 'a' },
      { ...cloud, endpoint: 'https://s3.example:443/', prefix: 'a', forcePathStyle: false },
    ],
  ])('refuses two names for one place (%#)', (one, other) => {
    expect(problemsOf(() => load({ one, other }))).toEqual([
      'HOLDFAST_BACKUP_STORES_FILE stores.other is the same place as the store "one"',
    ]);
  });

  it('takes two places in one bucket, and one bucket name at two servers', () => {
    const own = { ...cloud, endpoint: 'https://s3.example' };
    expect(Object.keys(load({ a: cloud, b: { ...cloud, prefix: 'b' }, c: own, d: disk }))).toHaveLength(4);
  });

  it('names all problems at once', () => {
    const stores = { a: { ...disk, path: 'x', mode: 1 }, b: { ...cloud, bucket: '?' }, C: disk };
    expect(problemsOf(() => load(stores)).sort()).toEqual([
      'HOLDFAST_BACKUP_STORES_FILE stores.C must be 1 to 32 of a-z, 0-9 and -',
      'HOLDFAST_BACKUP_STORES_FILE stores.a.mode is not a field that Holdfast knows',
      'HOLDFAST_BACKUP_STORES_FILE stores.a.path must be an absolute path',
      'HOLDFAST_BACKUP_STORES_FILE stores.b.bucket must be the name of a bucket',
    ]);
  });

  it('names each file that cannot be read or is empty', () => {
    const missing = join(directory, 'none');
    const stores = {
      a: { ...cloud, accessKeyId: 'me', secretAccessKeyFile: missing },
      b: { ...cloud, prefix: 'b', caFile: write('empty', '\n') },
    };
    expect(problemsOf(() => load(stores))).toEqual([
      `HOLDFAST_BACKUP_STORES_FILE stores.a.secretAccessKeyFile ${missing} cannot be read: ENOENT`,
      `HOLDFAST_BACKUP_STORES_FILE stores.b.caFile ${join(directory, 'empty')} is empty`,
    ]);
    expect(problemsOf(() => loadBackupStores(missing, '/home'))).toHaveLength(1);
    expect(problemsOf(() => loadBackupStores(write('text', '{ canary'), '/home'))).toEqual([
      'HOLDFAST_BACKUP_STORES_FILE is no JSON',
    ]);
  });
});
