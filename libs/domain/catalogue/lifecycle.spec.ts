import { describe, expect, it } from '@jest/globals';
import { isOffered, lastDay, lifecycleOf, listVersions, requireOffered } from './lifecycle.js';
import type { Catalogue, CatalogueEntry } from './version.js';

const entry = (version: string, eolAt: string | null = null, deprecatedAt: string | null = null): CatalogueEntry => ({
  version,
  image: `redis:${version}`,
  patch: null,
  eolAt,
  deprecatedAt,
  tlsProtocols: ['TLSv1.2'],
  default: false,
  capabilities: [],
});

/** The reference's catalogue (product.md, section 2). */
const catalogue: Catalogue = [
  entry('6.2'),
  entry('7.0', '2024-07', '2025-12'),
  entry('7.2', '2026-02', '2026-05'),
  entry('8.0'),
  entry('8.2'),
];

const versionOf = (version: string): CatalogueEntry => {
  const found = catalogue.find((one) => one.version === version);
  if (!found) throw new Error(version);
  return found;
};

describe('lastDay', () => {
  const months = Array.from({ length: 7 * 12 }, (_, index) => ({
    year: 2024 + Math.floor(index / 12),
    month: index % 12,
  }));

  it.each(months)('of $year, month index $month, is the day before the first of the next one', ({ year, month }) => {
    const text = `${year}-${String(month + 1).padStart(2, '0')}`;
    const dayBefore = new Date(Date.UTC(year, month + 1, 1) - 24 * 60 * 60 * 1000);
    expect(lastDay(text)).toBe(dayBefore.toISOString().slice(0, 10));
  });

  it.each([
    ['2024-02', '2024-02-29'],
    ['2026-02', '2026-02-28'],
    ['2028-02', '2028-02-29'],
    ['2025-12', '2025-12-31'],
  ])('of %s is %s', (date, day) => expect(lastDay(date)).toBe(day));

  it('of a day is that day', () => expect(lastDay('2026-05-15')).toBe('2026-05-15'));
});

describe('lifecycleOf', () => {
  it.each([
    ['7.0', '2024-07-31T23:59:59.999Z', 'available'],
    ['7.0', '2024-08-01T00:00:00.000Z', 'end-of-life'],
    ['7.0', '2025-12-31T23:59:59.999Z', 'end-of-life'],
    ['7.0', '2026-01-01T00:00:00.000Z', 'deprecated'],
    ['7.2', '2026-02-28T23:59:59.999Z', 'available'],
    ['7.2', '2026-03-01T00:00:00.000Z', 'end-of-life'],
    ['7.2', '2026-05-31T23:59:59.999Z', 'end-of-life'],
    ['7.2', '2026-06-01T00:00:00.000Z', 'deprecated'],
    ['6.2', '2099-01-01T00:00:00.000Z', 'available'],
  ])('of %s at %s is %s', (version, at, lifecycle) => {
    expect(lifecycleOf(versionOf(version), new Date(at))).toBe(lifecycle);
  });

  it('counts in UTC wherever the clock is', () => {
    expect(lifecycleOf(versionOf('7.0'), new Date('2025-12-31T23:30:00-02:00'))).toBe('deprecated');
    expect(lifecycleOf(versionOf('7.0'), new Date('2026-01-01T01:30:00+02:00'))).toBe('end-of-life');
  });

  it('never goes back, day by day from 2024 to 2030', () => {
    const order = ['available', 'end-of-life', 'deprecated'];
    for (const one of catalogue) {
      let reached = 0;
      for (let day = Date.UTC(2024, 0, 1); day < Date.UTC(2031, 0, 1); day += 24 * 60 * 60 * 1000) {
        const now = order.indexOf(lifecycleOf(one, new Date(day)));
        expect(now).toBeGreaterThanOrEqual(reached);
        reached = now;
      }
    }
  });
});

describe('isOffered', () => {
  const now = new Date('2026-11-22T00:00:00Z');

  it('offers all but the deprecated ones', () => {
    const offered = catalogue.filter((one) => isOffered(catalogue, one, now)).map((one) => one.version);
    expect(offered).toEqual(['6.2', '8.0', '8.2']);
  });

  it('offers the newest version whatever its dates', () => {
    const old: Catalogue = [entry('7.0', '2024-07', '2025-12'), entry('6.2', null, '2025-01')];
    expect(old.map((one) => isOffered(old, one, now))).toEqual([true, false]);
  });
});

describe('requireOffered', () => {
  const now = new Date('2026-11-22T00:00:00Z');

  it('lets an offered version pass', () => {
    expect(() => requireOffered(catalogue, versionOf('8.0'), now)).not.toThrow();
  });

  it('refuses a deprecated one and names those offered instead', () => {
    expect(() => requireOffered(catalogue, versionOf('7.2'), now)).toThrow(
      'version_deprecated: Version 7.2 is deprecated since 2026-05-31 and takes no new databases; offered are 6.2, 8.0, 8.2.',
    );
  });
});

describe('listVersions', () => {
  it('shows the oldest first, with days in place of months and one latest', () => {
    const listed = listVersions([...catalogue].reverse(), new Date('2026-11-22T00:00:00Z'));
    expect(listed.map(({ version, status, offered, latest }) => [version, status, offered, latest])).toEqual([
      ['6.2', 'available', true, false],
      ['7.0', 'deprecated', false, false],
      ['7.2', 'deprecated', false, false],
      ['8.0', 'available', true, false],
      ['8.2', 'available', true, true],
    ]);
    expect(listed[1]).toMatchObject({
      eolAt: '2024-07-31',
      deprecatedAt: '2025-12-31',
      flavours: ['7.0-aof', '7.0', '7.0-nordb'],
    });
  });
});
