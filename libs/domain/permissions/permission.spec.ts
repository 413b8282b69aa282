import { describe, expect, it } from '@jest/globals';
import { operationKinds } from '../operation/kinds.js';
import { allows, permissions, type Permission } from './permission.js';

/** reference/permissions.md: who may do what, with the scope that Holdfast asks for. `read` stands for what any scope may see. */
const matrix: readonly [action: string, needed: Permission, may: readonly Permission[]][] = [
  ['create a database', 'deploy', ['deploy']],
  ['deprovision a database', 'destroy', ['destroy']],
  ['read credentials', 'sensitive', ['sensitive']],
  ['create backups', 'ops', ['deploy', 'ops']],
  ['restore backups', 'deploy', ['deploy']],
  ['delete backups', 'destroy', ['destroy']],
  ['rename', 'deploy', ['deploy']],
  ['restart, reload, modify', 'ops', ['deploy', 'ops']],
  ['create replicas', 'deploy', ['deploy']],
  ['unlink replicas', 'destroy', ['destroy']],
  ['create tunnels', 'tunnel', ['tunnel']],
  ['stream logs', 'ops', ['deploy', 'ops']],
  ['set the retention policy', 'admin', []],
  ['look', 'read', ['read', 'deploy', 'destroy', 'ops', 'sensitive', 'tunnel']],
];

describe('allows', () => {
  it.each(matrix)('%s', (_, needed, may) => {
    const holders = permissions.filter((held) => allows([held], needed));
    expect(new Set(holders)).toEqual(new Set([...may, 'admin', 'owner']));
  });

  it('is the sum of what is held, and nothing for nobody', () => {
    expect(allows(['ops', 'destroy'], 'destroy')).toBe(true);
    expect(allows(['ops', 'destroy'], 'sensitive')).toBe(false);
    expect(permissions.some((needed) => allows([], needed))).toBe(false);
  });

  it('keeps what stands above all environments to the owner', () => {
    expect(permissions.filter((held) => allows([held], 'owner'))).toEqual(['owner']);
  });
});

describe('the permission of each kind of operation', () => {
  it("is the reference's", () => {
    expect(
      Object.fromEntries(Object.entries(operationKinds).map(([kind, { permission }]) => [kind, permission])),
    ).toEqual({
      provision: 'deploy',
      replicate: 'deploy',
      promote: 'deploy',
      unlink: 'destroy',
      restart: 'ops',
      reload: 'ops',
      upgrade: 'ops',
      'go-back': 'destroy',
      discard: 'destroy',
      repair: 'ops',
      configure: 'ops',
      resize: 'ops',
      'rotate-credentials': 'ops',
      'retire-credentials': 'ops',
      'renew-certificate': 'ops',
      rename: 'deploy',
      deprovision: 'destroy',
      'backup-snapshot': 'ops',
      'verify-backup': 'ops',
      'copy-backup': 'ops',
      'purge-backup': 'destroy',
      restore: 'deploy',
      import: 'deploy',
    });
  });
});
