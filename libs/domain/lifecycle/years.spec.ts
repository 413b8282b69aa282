import { describe, expect, it } from '@jest/globals';
import { isOffered, lifecycleOf, requireOffered } from '../catalogue/lifecycle.js';
import type { Catalogue, CatalogueEntry } from '../catalogue/version.js';
import { comingChanges } from './forecast.js';
import { judge, type LifecycleRecord } from './mark.js';

const entry = (version: string, eolAt: string | null = null, deprecatedAt: string | null = null): CatalogueEntry => ({
  ...{ version, image: `redis:${version}`, patch: null, eolAt, deprecatedAt, tlsProtocols: ['TLSv1.2'] },
  ...{ default: false, capabilities: [] },
});

/** The reference's table, and the newest version with dates of its own that pass as well. */
const catalogue: Catalogue = [
  entry('6.2'),
  entry('7.0', '2024-07', '2025-12'),
  entry('7.2', '2026-02', '2026-05'),
  entry('8.0'),
  entry('8.2', '2028-02', '2029-02-10'),
];

/** Reckoned by hand, from the first day of each state on: by numbers of days, not by the code's strings. */
const turns: Readonly<Record<string, readonly (readonly [number, string])[]>> = {
  '6.2': [],
  '7.0': [
    [Date.UTC(2024, 7, 1), 'end-of-life'],
    [Date.UTC(2026, 0, 1), 'deprecated'],
  ],
  '7.2': [
    [Date.UTC(2026, 2, 1), 'end-of-life'],
    [Date.UTC(2026, 5, 1), 'deprecated'],
  ],
  '8.0': [],
  '8.2': [
    [Date.UTC(2028, 2, 1), 'end-of-life'],
    [Date.UTC(2029, 1, 11), 'deprecated'],
  ],
};
const expectedAt = (version: string, at: number): string =>
  (turns[version] ?? []).filter(([from]) => from <= at).at(-1)?.[1] ?? 'available';

const dayMs = 86_400_000;
const first = Date.UTC(2024, 0, 1);
const days = Array.from({ length: (Date.UTC(2031, 0, 1) - first) / dayMs }, (_, index) => first + index * dayMs);
/** The first and the last moment of a day, and one in between. */
const momentsOf = (day: number): number[] => [day, day + dayMs / 2 + 1, day + dayMs - 1];

const isRefused = (version: CatalogueEntry, at: Date): boolean => {
  try {
    requireOffered(catalogue, version, at);
    return false;
  } catch {
    return true;
  }
};

describe('every day of 2024 to 2030', () => {
  it.each(catalogue.map((version) => ({ version, name: version.version })))(
    'of $name has its status',
    ({ version }) => {
      const wrong = days
        .flatMap(momentsOf)
        .filter((at) => lifecycleOf(version, new Date(at)) !== expectedAt(version.version, at));
      expect(wrong).toEqual([]);
    },
  );

  it.each(catalogue.map((version) => ({ version, name: version.version })))(
    'of $name refuses new databases exactly when it is deprecated and not the newest',
    ({ version }) => {
      const wrong = days.flatMap(momentsOf).filter((at) => {
        const refused = version.version !== '8.2' && expectedAt(version.version, at) === 'deprecated';
        const now = new Date(at);
        return isRefused(version, now) !== refused || isOffered(catalogue, version, now) === refused;
      });
      expect(wrong).toEqual([]);
    },
  );

  it('brings a database of each version the marks, each on its day and once, with a sweep a day', () => {
    for (const { version } of catalogue) {
      let record: LifecycleRecord = { version, mark: null, exemption: null };
      const told: [number, string | null][] = [];
      for (const day of days) {
        for (const at of momentsOf(day)) {
          const { change, mark } = judge(record, catalogue, new Date(at));
          if (change === null) continue;
          told.push([day, mark]);
          record = { ...record, mark: mark && { lifecycle: mark, version } };
        }
      }
      expect([version, told]).toEqual([version, turns[version]]);
    }
  });

  it('forecasts exactly what the days to come bring', () => {
    for (const [index, day] of days.entries()) {
      if (index % 5 !== 0) continue;
      const today = new Date(day).toISOString().slice(0, 10);
      const coming = comingChanges(catalogue, [], today, 180).map(
        ({ version, change, takesEffectOn }) => `${takesEffectOn} ${version} ${change}`,
      );
      const brought = Object.entries(turns).flatMap(([version, own]) =>
        own
          .filter(([from]) => from > day && from <= day + 180 * dayMs)
          .map(([from, change]) => `${new Date(from).toISOString().slice(0, 10)} ${version} ${change}`),
      );
      expect([...coming].sort()).toEqual(brought.sort());
    }
  });
});
