import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isHoldfastError } from '../errors/holdfast-error.js';
import { compareVersions, flavoursOf, newestEntry, resolveVersion, type Catalogue } from './version.js';

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

const refusalOf = (version: string, persistence?: 'aof' | 'rdb' | 'none'): string => {
  try {
    resolveVersion(catalogue, { version, persistence });
  } catch (error) {
    if (isHoldfastError(error)) return error.code;
    throw error;
  }
  return 'accepted';
};

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

describe('resolveVersion', () => {
  it.each([
    [{}, '8.2', 'aof'],
    [{ persistence: 'none' }, '8.2', 'none'],
    [{ version: '8.2-aof' }, '8.2', 'aof'],
    [{ version: '8.2' }, '8.2', 'rdb'],
    [{ version: '8.2-nordb' }, '8.2', 'none'],
    [{ version: '8.10', persistence: 'aof' }, '8.10', 'aof'],
    [{ version: '7.0', persistence: 'none' }, '7.0', 'none'],
    [{ version: '7.0-nordb', persistence: 'none' }, '7.0', 'none'],
  ] as const)('reads %j as %s with %s', (request, version, persistence) => {
    const resolved = resolveVersion(catalogue, request);
    expect([resolved.entry.version, resolved.persistence]).toEqual([version, persistence]);
  });

  it('reads every flavour that it lists as the mode that it stands for', () => {
    for (const { version } of catalogue) {
      const modes = flavoursOf(version).map((flavour) => resolveVersion(catalogue, { version: flavour }).persistence);
      expect(modes).toEqual(['aof', 'rdb', 'none']);
    }
  });

  it('refuses a suffix and a mode that disagree', () => {
    expect(refusalOf('8.2-aof', 'rdb')).toBe('persistence_conflict');
    expect(refusalOf('8.2-nordb', 'aof')).toBe('persistence_conflict');
  });

  it('refuses what the catalogue does not have, and names what it has', () => {
    for (const version of ['9.0', '8', '8.2.1', '8.2-AOF', '-aof', '8.2-', '8.2-aof-aof', ' 8.2', '__proto__']) {
      expect(refusalOf(version)).toBe('version_unknown');
    }
    expect(() => resolveVersion(catalogue, { version: '9.0' })).toThrow(
      '"9.0" is not in the catalogue; it has 7.0, 8.2, 8.10.',
    );
    expect(() => resolveVersion([], {})).toThrow('version_unknown');
  });

  it('takes the newest when no version is the default', () => {
    const undecided = catalogue.map((one) => ({ ...one, default: false }));
    expect(resolveVersion(undecided, {}).entry.version).toBe('8.10');
  });
});
