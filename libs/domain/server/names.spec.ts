import { describe, expect, it } from '@jest/globals';
import { containerName, networkName, serverPaths, volumeName } from './names.js';

const id = '0197f3a0-0000-7000-8000-000000000001';

describe('names on a host', () => {
  it('are made of the installation and an id, so that a rename orphans nothing', () => {
    expect(containerName('holdfast', id)).toBe(`holdfast-db-${id}`);
    expect(volumeName('holdfast', id)).toBe(`holdfast-db-${id}`);
    expect(networkName('holdfast', id)).toBe(`holdfast-env-${id}`);
  });

  it('keep installations apart that share a host', () => {
    expect(containerName('one', id)).not.toBe(containerName('two', id));
  });

  it('tell the servers of one database apart, and leave the first as it always was', () => {
    expect(containerName('holdfast', id, 1)).toBe(containerName('holdfast', id));
    expect(new Set([1, 2, 3].map((incarnation) => volumeName('holdfast', id, incarnation))).size).toBe(3);
  });

  it('fit a DNS label even with the longest installation', () => {
    for (const incarnation of [1, 2, 35, 1295])
      expect(containerName('x'.repeat(20), id, incarnation).length).toBeLessThanOrEqual(63);
  });
});

describe('serverPaths', () => {
  it('lie in the one volume', () => {
    const { root, ...paths } = serverPaths;
    expect(Object.values(paths).filter((path) => !path.startsWith(`${root}/`))).toEqual([]);
  });
});
