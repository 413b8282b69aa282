import { describe, expect, it } from '@jest/globals';
import type { ContainerSpec } from '../ports/container-engine.js';
import { containerDigest, isOwnedBy, ownerLabels } from './labels.js';

const owner = { installation: 'hf', subject: 'db-1' };

describe('isOwnedBy', () => {
  it('asks for the installation and the subject', () => {
    expect(isOwnedBy(ownerLabels(owner), owner)).toBe(true);
    expect(isOwnedBy(ownerLabels({ ...owner, subject: 'db-2' }), owner)).toBe(false);
    expect(isOwnedBy(ownerLabels({ ...owner, installation: 'other' }), owner)).toBe(false);
  });

  it('counts a resource without labels as a stranger', () => {
    for (const none of [{}, null, undefined]) expect(isOwnedBy(none, owner)).toBe(false);
  });
});

describe('containerDigest', () => {
  const spec = {
    name: 'a',
    image: 'b',
    command: ['x', 'y'],
    labels: { one: '1', two: '2' },
    owner,
  } as unknown as ContainerSpec;

  it('does not depend on the order of keys, but on the order of arguments', () => {
    const reordered = {
      owner,
      labels: { two: '2', one: '1' },
      command: ['x', 'y'],
      image: 'b',
      name: 'a',
    } as unknown as ContainerSpec;
    expect(containerDigest(reordered)).toBe(containerDigest(spec));
    expect(containerDigest({ ...spec, command: ['y', 'x'] })).not.toBe(containerDigest(spec));
    expect(containerDigest({ ...spec, labels: { one: '1', two: '3' } })).not.toBe(containerDigest(spec));
  });
});
