import { describe, expect, it } from '@jest/globals';
import type { Catalogue, CatalogueEntry } from '../catalogue/version.js';
import { compareCatalogues } from '../catalogue/compare.js';
import { lifecycleFinding } from './finding.js';
import { judge, type LifecycleRecord } from './mark.js';

const entry = (version: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry => ({
  ...{ version, image: `redis:${version}`, patch: null, eolAt: null, deprecatedAt: null, tlsProtocols: ['TLSv1.2'] },
  ...{ default: false, capabilities: [] },
  ...more,
});
const catalogue: Catalogue = [entry('7.0', { eolAt: '2024-07', deprecatedAt: '2025-12' }), entry('8.0')];
const now = new Date('2026-03-01T12:00:00Z');
const record = (more: Partial<LifecycleRecord> = {}): LifecycleRecord => ({
  ...{ version: '7.0', mark: null, exemption: null },
  ...more,
});
const marked = { lifecycle: 'deprecated', version: '7.0' } as const;
const until = (endsOn: string) => ({ reason: 'moves later', endsOn });

describe('judge', () => {
  it.each<[string, LifecycleRecord, string | null, string | null]>([
    ['marks what passed its date', record(), 'deprecated', 'mark'],
    ['leaves what is marked', record({ mark: marked }), 'deprecated', null],
    ['goes on from the end of life', record({ mark: { ...marked, lifecycle: 'end-of-life' } }), 'deprecated', 'mark'],
    ['leaves what is available', record({ version: '8.0' }), null, null],
    ['unmarks what was upgraded', record({ version: '8.0', mark: marked }), null, 'unmark'],
    ['unmarks what is exempted', record({ mark: marked, exemption: until('2026-03-01') }), null, 'unmark'],
    [
      'counts an exemption no more when its last day is over',
      record({ exemption: until('2026-02-28') }),
      'deprecated',
      'mark',
    ],
    ['marks what the catalogue has dropped', record({ version: '5.0' }), 'deprecated', 'mark'],
    ['tells of another deprecated version', record({ version: '5.0', mark: marked }), 'deprecated', 'mark'],
  ])('%s', (_, given, mark, change) => {
    expect(judge(given, catalogue, now)).toMatchObject({ mark, change });
  });

  it('finds nothing to do once what it says is done', () => {
    const days = ['2024-07-31', '2024-08-01', '2025-12-31', '2026-01-01'].map((day) => new Date(day));
    const records = ['7.0', '8.0', '5.0'].flatMap((version) =>
      [null, marked, { lifecycle: 'end-of-life', version: '7.0' } as const].flatMap((mark) =>
        [null, until('2025-12-31')].map((exemption) => ({ version, mark, exemption })),
      ),
    );
    for (const day of days) {
      for (const given of records) {
        const { mark } = judge(given, catalogue, day);
        const done = { ...given, mark: mark && { lifecycle: mark, version: given.version } };
        expect(judge(done, catalogue, day).change).toBeNull();
      }
    }
  });
});

describe('lifecycleFinding', () => {
  const found = (given: LifecycleRecord) => lifecycleFinding(given, judge(given, catalogue, now), catalogue);

  it('says what is past, since when, and what was known', () => {
    expect(found(record())).toMatchObject({
      ...{ code: 'deprecated', severity: 'notice', repair: 'manual', recorded: 'no mark' },
      found: 'version 7.0, deprecated since the end of 2025-12-31',
    });
    expect(found(record({ version: '5.0', mark: marked }))).toMatchObject({
      ...{ code: 'unlisted', recorded: 'marked deprecated with version 7.0' },
      found: 'version 5.0, not in the catalogue',
    });
  });

  it('lists whoever is exempted, also with an available version', () => {
    expect(found(record({ exemption: until('2026-12-31') }))).toMatchObject({
      ...{ code: 'exempted', repair: 'none' },
      found: 'version 7.0, deprecated since the end of 2025-12-31; exempted until 2026-12-31: moves later',
    });
    expect(found(record({ version: '8.0', exemption: until('2026-12-31') }))?.code).toBe('exempted');
  });

  it('says nothing where nothing is to be said', () => expect(found(record({ version: '8.0' }))).toBeNull());
});

describe('compareCatalogues', () => {
  it('names what was added, removed and changed, with the fields', () => {
    const after = [entry('8.2'), { ...entry('8.0'), image: 'mine:8.0', tlsProtocols: ['TLSv1.2', 'TLSv1.3'] as const }];
    expect(compareCatalogues(catalogue, after)).toEqual({
      added: ['8.2'],
      removed: ['7.0'],
      changed: [
        {
          version: '8.0',
          fields: {
            image: { before: 'redis:8.0', after: 'mine:8.0' },
            tlsProtocols: { before: ['TLSv1.2'], after: ['TLSv1.2', 'TLSv1.3'] },
          },
        },
      ],
    });
  });

  it('cares for no order', () => expect(compareCatalogues(catalogue, [...catalogue].reverse())).toBeNull());
});
