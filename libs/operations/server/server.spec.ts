import { describe, expect, it } from '@jest/globals';
import { parseNetworkPool } from '#domain/server/addresses.js';
import type { DatabaseRow, EnvironmentRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { serverFiles } from './files.js';
import { containerSpec, networkSpec, serverOf, volumeSpec } from './server.js';

const control = { installation: 'holdfast', networkPool: parseNetworkPool('10.224.0.0/12') } as Control;
const environment = { id: 'e1', name: 'default', network_index: 2 } as EnvironmentRow;
const database = {
  id: 'd1',
  handle: 'orders',
  former_handles: [] as string[],
  version: '8.0',
  image: 'redis:8.0',
  persistence: 'aof',
  memory_mb: 1024,
  maxmemory_policy: 'noeviction',
  tls_only: false,
  tls_protocols: ['TLSv1.2', 'TLSv1.3'],
  generation: 4,
  incarnation: 1,
  settings: {},
  address_index: 5,
} as DatabaseRow;

const server = serverOf(control, database, environment);
const material = {
  authorityPem: 'authority',
  certificate: { certificatePem: 'certificate', privateKeyPem: 'canary-key' },
  passwords: { tenant: ['canary-tenant'], manager: 'canary-manager' },
  existingUsers: null,
  role: { kind: 'primary', followers: 0 } as const,
  followers: [],
};

describe('serverFiles', () => {
  const files = serverFiles(server, material);

  it('gives the server what it may write, and root what it may only read', () => {
    const shown = files.map(({ path, mode, uid, gid }) => [path, mode.toString(8), uid, gid]);
    expect(shown).toEqual([
      ['conf', '750', 0, 10999],
      ['conf/tls', '750', 0, 10999],
      ['conf/redis.conf', '640', 0, 10999],
      ['conf/tls/server.crt', '640', 0, 10999],
      ['conf/tls/server.key', '640', 0, 10999],
      ['conf/tls/ca.crt', '640', 0, 10999],
      ['acl', '700', 10999, 10999],
      ['acl/users.acl', '600', 10999, 10999],
      ['data', '700', 10999, 10999],
    ]);
  });

  it('lets no password through, and the key into its own file only', () => {
    const holding = files.filter(({ content }) => content?.includes('canary')).map(({ path }) => path);
    expect(holding).toEqual(['conf/tls/server.key']);
  });

  it('is the same each time, so that an attempt may repeat it', () => {
    expect(serverFiles(server, material)).toEqual(files);
  });

  it('names each directory before what lies in it', () => {
    const paths = files.map(({ path }) => path);
    for (const path of paths.filter((one) => one.includes('/'))) {
      const parent = path.slice(0, path.lastIndexOf('/'));
      expect(paths.indexOf(parent)).toBeLessThan(paths.indexOf(path));
      expect(paths).toContain(parent);
    }
  });
});

describe('containerSpec', () => {
  const spec = containerSpec(control, server, database, environment, 'op1');

  it('carries who it belongs to and where it came from', () => {
    expect(spec).toMatchObject({
      name: 'holdfast-db-d1',
      owner: { installation: 'holdfast', subject: 'd1' },
      labels: { 'io.holdfast.generation': '4', 'io.holdfast.operation': 'op1', 'io.holdfast.database': 'd1' },
      network: { name: 'holdfast-env-e1', aliases: ['orders'], ipv4: '10.224.8.7' },
    });
  });

  it('holds no secret, and limits everything', () => {
    expect(JSON.stringify(spec)).not.toMatch(/canary|password/i);
    expect(spec).toMatchObject({
      user: '10999:10999',
      memoryBytes: 1024 ** 3,
      cpuShares: 256,
      pidsLimit: 64,
      binds: [],
    });
  });
});

describe('networkSpec and volumeSpec', () => {
  it('are named by id and owned by what they serve', () => {
    expect(networkSpec(control, environment)).toMatchObject({
      name: 'holdfast-env-e1',
      subnet: '10.224.8.0/22',
      owner: { subject: 'e1' },
    });
    expect(volumeSpec(server, environment)).toMatchObject({ name: 'holdfast-db-d1', owner: { subject: 'd1' } });
  });
});
