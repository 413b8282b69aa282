import { describe, expect, it } from '@jest/globals';
import { isHoldfastError } from '../errors/holdfast-error.js';
import { listVersions } from './lifecycle.js';
import { resolveVersion } from './resolve-version.js';
import { flavoursOf, type Catalogue } from './version.js';

const now = new Date('2026-11-22T00:00:00Z');

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
    resolveVersion(catalogue, { version, persistence }, now);
  } catch (error) {
    if (isHoldfastError(error)) return error.code;
    throw error;
  }
  return 'accepted';
};

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
    const resolved = resolveVersion(catalogue, request, now);
    expect([resolved.entry.version, resolved.persistence]).toEqual([version, persistence]);
  });

  it('reads every flavour that it lists as the mode that it stands for', () => {
    for (const { version } of catalogue) {
      const modes = flavoursOf(version).map(
        (flavour) => resolveVersion(catalogue, { version: flavour }, now).persistence,
      );
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
    expect(() => resolveVersion(catalogue, { version: '9.0' }, now)).toThrow(
      '"9.0" is not in the catalogue; it has 7.0, 8.2, 8.10.',
    );
    expect(() => resolveVersion([], {}, now)).toThrow('version_unknown');
  });

  it('takes the newest when no version is the default', () => {
    const undecided = catalogue.map((one) => ({ ...one, default: false }));
    expect(resolveVersion(undecided, {}, now).entry.version).toBe('8.10');
  });

  it('takes the newest when the default is deprecated, and lists it as the default', () => {
    const passed = catalogue.map((one) => (one.default ? { ...one, eolAt: '2026-01', deprecatedAt: '2026-10' } : one));
    const listed = (at: Date) => listVersions(passed, at).filter((one) => one.default);
    for (const [at, version] of [
      [new Date('2026-10-31T23:59:59Z'), '8.2'],
      [new Date('2026-11-01T00:00:00Z'), '8.10'],
    ] as const) {
      expect(resolveVersion(passed, {}, at).entry.version).toBe(version);
      expect(listed(at)).toMatchObject([{ version, offered: true }]);
    }
    expect(resolveVersion(passed, { version: '8.2' }, now).entry.version).toBe('8.2');
  });
});
