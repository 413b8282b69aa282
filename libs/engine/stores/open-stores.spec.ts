import { describe, expect, it } from '@jest/globals';
import { openStores } from './open-stores.js';

const stores = openStores({
  disk: { type: 'directory', path: '/backups', isOwn: false },
  cloud: {
    type: 's3',
    bucket: 'mine',
    region: 'eu-west-1',
    endpoint: null,
    prefix: 'here',
    credentials: { accessKeyId: 'canary-id', secretAccessKey: 'canary-secret' },
    ca: null,
    forcePathStyle: false,
  },
});

describe('openStores', () => {
  it('names the stores in their order', () => expect(stores.names).toEqual(['disk', 'cloud']));

  it('opens each by its kind, once, and tells its place without its secrets', () => {
    expect(stores.open('disk').description).toBe('directory /backups');
    expect(stores.open('cloud').description).toBe('S3 bucket mine/here/ at eu-west-1');
    expect(stores.open('cloud')).toBe(stores.open('cloud'));
  });

  it.each(['none', 'constructor', ''])('knows no store %j', (name) => {
    expect(() => stores.open(name)).toThrow(/^backup_store_unknown: /);
  });
});
