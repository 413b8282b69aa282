import { describe, expect, it } from '@jest/globals';
import type { Catalogue, CatalogueEntry } from '../catalogue/version.js';
import { defaultMethod, upgradeTarget } from './upgrade-target.js';

const entry = (version: string, deprecatedAt: string | null = null): CatalogueEntry => ({
  ...{ version, image: `redis:${version}`, patch: null, eolAt: null, deprecatedAt, tlsProtocols: ['TLSv1.2'] },
  ...{ default: false, capabilities: [] },
});
const catalogue: Catalogue = [entry('6.2'), entry('7.0', '2025-12'), entry('8.0'), entry('8.10')];
const now = new Date('2026-11-27T00:00:00Z');
const from = (version: string, wanted: string) =>
  upgradeTarget(catalogue, { version, persistence: 'aof' }, wanted, now);

describe('what a database may be upgraded to', () => {
  it.each([
    ['6.2', '8.0'],
    ['8.0', '8.10'],
    ['7.0', '8.0-aof'],
    // Not in the catalogue any more.
    ['5.0', '6.2'],
  ])('from %s to %s', (version, wanted) => {
    expect(from(version, wanted).version).toBe(wanted.replace('-aof', ''));
  });

  it.each([
    ['8.0', '8.0', 'version_current'],
    ['8.10', '8.0', 'downgrade_refused'],
    ['6.2', '7.0', 'version_deprecated'],
    ['6.2', '9.9', 'version_unknown'],
    ['6.2', '8.0-nordb', 'persistence_conflict'],
  ])('not from %s to %s: %s', (version, wanted, code) => {
    expect(() => from(version, wanted)).toThrow(expect.objectContaining({ code }));
  });

  it('names what to ask for instead of another mode', () => {
    expect(() => from('6.2', '8.0-nordb')).toThrow(
      expect.objectContaining({
        detail: expect.stringMatching(/^"8.0-nordb" means persistence "none"; the database has "aof"/),
        remedy: 'Upgrade to 8.0, and change the mode with `holdfast db:configure HANDLE --persistence none`.',
      }),
    );
  });
});

it('a replica is replaced in place, a primary by swap', () => {
  expect([defaultMethod('primary'), defaultMethod('replica')]).toEqual(['swap', 'in-place']);
});
