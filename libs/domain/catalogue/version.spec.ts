import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareVersions, newestEntry, type Catalogue } from './version.js';

const catalogue: Catalogue = ['7.0', '8.2', '8.10'].map((version) => ({
  version,
  image: `redis:${version}`,
  patch: null,
  eolAt: null,
  deprecatedAt: null,
  tlsProtocols: ['TLSv1.2'],
  default: version === '8.2',
  capabilities: [],
}));

describe('compareVersions', () => {
  const version = fc.tuple(fc.nat(40), fc.nat(40)).map(([major, minor]) => `${major}.${minor}`);

  it('knows that 8.2 comes before 8.10', () => {
    expect(['8.10', '6.2', '8.2', '7.0'].sort(compareVersions)).toEqual(['6.2', '7.0', '8.2', '8.10']);
    expect(newestEntry(catalogue)?.version).toBe('8.10');
  });

  it('is an order', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
