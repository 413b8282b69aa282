import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveVersion } from '#domain/catalogue/resolve-version.js';
import { isOffered, listVersions } from '#domain/catalogue/lifecycle.js';
import { loadCatalogue } from './catalogue.js';
import { ConfigurationError } from './configuration-error.js';

const tls = ['TLSv1.2'];
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (content: unknown) => {
  const file = join(directory, 'catalogue.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return loadCatalogue(file);
};

const problemsOf = (content: unknown): string[] => {
  try {
    load(content);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

describe('the catalogue that ships', () => {
  const shipped = loadCatalogue(null);
  const now = new Date('2026-11-22T00:00:00Z');

  it("has the reference's versions and dates", () => {
    const listed = listVersions(shipped, now).map(({ version, status, eolAt, deprecatedAt }) => [
      version,
      status,
      eolAt,
      deprecatedAt,
    ]);
    expect(listed).toEqual([
      ['6.2', 'available', null, null],
      ['7.0', 'deprecated', '2024-07-31', '2025-12-31'],
      ['7.2', 'deprecated', '2026-02-28', '2026-05-31'],
      ['8.0', 'available', null, null],
      ['8.2', 'available', null, null],
    ]);
  });

  it('takes TLS 1.3 from 7.2 on', () => {
    const modern = shipped.filter(({ tlsProtocols }) => tlsProtocols.includes('TLSv1.3')).map(({ version }) => version);
    expect(modern).toEqual(['7.2', '8.0', '8.2']);
    expect(shipped.every(({ tlsProtocols }) => tlsProtocols.includes('TLSv1.2'))).toBe(true);
  });

  it('has a default that can be provisioned', () => {
    const { entry, persistence } = resolveVersion(shipped, {}, now);
    expect([entry.version, persistence, isOffered(shipped, entry, now)]).toEqual(['8.2', 'aof', true]);
  });
});

describe("an operator's catalogue", () => {
  it('needs a version, an image and its protocols', () => {
    expect(load({ versions: [{ version: '8.0', image: 'mine:8', tlsProtocols: tls, default: true }] })).toEqual([
      {
        version: '8.0',
        image: 'mine:8',
        patch: null,
        eolAt: null,
        deprecatedAt: null,
        tlsProtocols: tls,
        default: true,
        capabilities: [],
      },
    ]);
  });

  it.each([
    ['no versions', { versions: [] }],
    ['a version of three parts', { versions: [{ version: '8.0.1', image: 'x', default: true, tlsProtocols: tls }] }],
    [
      'a date that is none',
      { versions: [{ version: '8.0', image: 'x', default: true, tlsProtocols: tls, eolAt: '2026-13' }] },
    ],
    [
      'a day that is none',
      { versions: [{ version: '8.0', image: 'x', default: true, tlsProtocols: tls, eolAt: '2026-02-30' }] },
    ],
    ['TLS 1.1', { versions: [{ version: '8.0', image: 'x', default: true, tlsProtocols: ['TLSv1.1'] }] }],
    [
      'an unknown field',
      { versions: [{ version: '8.0', image: 'x', default: true, tlsProtocols: tls, eol: '2026-01' }] },
    ],
    ['text that is no JSON', '{'],
  ])('is refused with %s', (_, content) => {
    const problems = problemsOf(content);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^(versions|it)\b/);
  });

  it('is refused when a version is deprecated before its end of life', () => {
    const dated = (eolAt: string, deprecatedAt: string) => ({
      versions: [{ version: '8.0', image: 'x', tlsProtocols: tls, default: true, eolAt, deprecatedAt }],
    });
    expect(problemsOf(dated('2026-02', '2026-01'))).toEqual(['versions.0.deprecatedAt is before eolAt']);
    expect(problemsOf(dated('2026-02-10', '2026-02-09'))).toHaveLength(1);
    for (const fits of [dated('2026-02', '2026-02'), dated('2026-02-10', '2026-02'), dated('2026-02', '2026-03-01')])
      expect(problemsOf(fits)).toEqual([]);
    expect(problemsOf({ versions: [{ version: '8.0', image: 'x', tlsProtocols: tls }] })).toEqual([]);
  });

  it('is refused with a version twice, or with two defaults', () => {
    const one = { version: '8.0', image: 'x', tlsProtocols: tls, default: true };
    expect(problemsOf({ versions: [{ ...one, default: false }, one] })[0]).toMatch(/names a version twice/);
    expect(problemsOf({ versions: [one, { ...one, version: '8.2' }] })[0]).toMatch(/more than one default/);
  });

  it('is refused when it cannot be read', () => {
    expect(() => loadCatalogue(join(directory, 'none.json'))).toThrow(ConfigurationError);
  });

  it('is what the refusal says to correct, not the environment', () => {
    const file = join(directory, 'catalogue.json');
    const refusal = (() => {
      try {
        load('{');
      } catch (error) {
        if (error instanceof ConfigurationError) return error;
      }
      throw new Error('It was not refused');
    })();
    expect(refusal.detail).toMatch(new RegExp(`^${file} has these problems:\n  it is no JSON: `));
    expect(refusal.remedy).toBe(`Correct the file ${file}, or name another one with HOLDFAST_CATALOGUE_FILE.`);
  });
});
