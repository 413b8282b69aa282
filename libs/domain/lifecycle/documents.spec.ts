import { describe, expect, it } from '@jest/globals';
import { calendarEvent, calendarFoot, calendarHead } from './calendar.js';
import { csvHead, csvRecord } from './csv.js';
import { comingChanges, forecastItem, type ForecastItem } from './forecast.js';
import type { Catalogue, CatalogueEntry } from '../catalogue/version.js';

const now = new Date('2026-11-27T08:30:00.500Z');
const item = (more: Partial<ForecastItem> = {}): ForecastItem => ({
  ...{ databaseId: '0199d3a0-0000-7000-8000-000000000001', environment: 'default', handle: 'orders', version: '8.0' },
  ...{ change: 'end-of-life', because: 'version', takesEffectOn: '2027-01-01', lastDay: '2026-12-31', inDays: 35 },
  ...{ within: 90, exemption: null, exempted: false },
  ...more,
});
const octets = (line: string): number => Buffer.byteLength(line);
const unfolded = (text: string): string[] => text.replaceAll('\r\n ', '').split('\r\n');

describe('the calendar', () => {
  it('has an event of a whole day for a change', () => {
    expect(unfolded(calendarEvent(item(), now))).toEqual([
      'BEGIN:VEVENT',
      'UID:0199d3a0-0000-7000-8000-000000000001-end-of-life-8.0@holdfast',
      'DTSTAMP:20261127T083000Z',
      'DTSTART;VALUE=DATE:20270101',
      'SUMMARY:default/orders: Redis 8.0 reaches its end of life',
      'DESCRIPTION:The last day before is 2026-12-31 (UTC).',
      'CATEGORIES:end-of-life',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      '',
    ]);
  });

  it('folds at 75 octets, inside no character, and ends every line as the standard says', () => {
    const exemption = { endsOn: '2027-06-30', reason: 'ä€😀'.repeat(60) };
    const text = calendarHead + calendarEvent(item({ exemption, exempted: true }), now) + calendarFoot;
    const lines = text.split('\r\n');
    expect(Math.max(...lines.map(octets))).toBeLessThanOrEqual(75);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text).not.toContain('\ufffd');
    expect(unfolded(text).join('\n')).toContain(`Exempted until 2027-06-30: ${'ä€😀'.repeat(60)}`);
  });

  it('escapes what people wrote, so that it cannot make lines of its own', () => {
    const exemption = { endsOn: '2027-06-30', reason: 'a;b,c\\d\r\nEND:VEVENT\u0007' };
    const event = unfolded(calendarEvent(item({ exemption, exempted: true }), now));
    expect(event.filter((line) => line === 'END:VEVENT')).toHaveLength(1);
    expect(event.find((line) => line.startsWith('DESCRIPTION:'))).toContain('a\\;b\\,c\\\\d\\nEND:VEVENT ');
  });

  it('keeps the name of an event when its day moves', () => {
    const [before, after] = [item(), item({ takesEffectOn: '2027-02-01' })].map((one) => calendarEvent(one, now));
    const uid = /UID:.*/;
    expect(uid.exec(before ?? '')?.[0]).toBe(uid.exec(after ?? '')?.[0]);
  });
});

describe('the table', () => {
  it('quotes what needs it, and ends every record as the standard says', () => {
    const exemption = { endsOn: '2027-06-30', reason: 'he said "later",\nthen' };
    const text = csvHead + csvRecord(item({ exemption, exempted: true }));
    expect(text.split('\r\n')).toEqual([
      'database_id,environment,handle,version,change,because,last_day,takes_effect_on,in_days,within_days,exempted,exempt_until,exemption_reason',
      '0199d3a0-0000-7000-8000-000000000001,default,orders,8.0,end-of-life,version,2026-12-31,2027-01-01,35,90,yes,2027-06-30,"he said ""later"",\nthen"',
      '',
    ]);
  });

  it.each(['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\tx'])('gives a spreadsheet no formula: %s', (reason) => {
    const exemption = { endsOn: '2027-06-30', reason };
    expect(csvRecord(item({ exemption }))).toMatch(/,"?'[=+\-@\t]/);
  });
});

describe('comingChanges', () => {
  const entry = (version: string, eolAt: string | null, deprecatedAt: string | null): CatalogueEntry => ({
    ...{ version, image: 'x', patch: null, eolAt, deprecatedAt, tlsProtocols: ['TLSv1.2'] },
    ...{ default: false, capabilities: [] },
  });
  const catalogue: Catalogue = [
    entry('7.0', '2025-01', '2025-12'),
    entry('7.2', '2027-01-10', '2027-01-10'),
    entry('8.0', '2026-11-26', '2026-11-27'),
    entry('8.2', null, null),
  ];
  const coming = (days: number, ends: { version: string; endsOn: string }[] = []) =>
    comingChanges(catalogue, ends, '2026-11-27', days).map(
      ({ takesEffectOn, version, change, because }) => `${takesEffectOn} ${version} ${change} ${because}`,
    );

  it('begins with tomorrow and ends with the last of the days', () => {
    expect(coming(44)).toEqual(['2026-11-28 8.0 deprecated version']);
    expect(coming(45)).toEqual(['2026-11-28 8.0 deprecated version', '2027-01-11 7.2 deprecated version']);
  });

  it('has the end of an exemption from what has passed, and from nothing else', () => {
    const ends = [
      { version: '7.0', endsOn: '2026-12-31' },
      { version: '8.2', endsOn: '2026-12-31' },
      { version: '8.0', endsOn: '2026-11-27' },
    ];
    expect(coming(44, ends)).toEqual(['2026-11-28 8.0 deprecated version', '2027-01-01 7.0 deprecated exemption-ends']);
  });

  it('says of a database whether its exemption holds then', () => {
    const [change] = comingChanges(catalogue, [], '2026-11-27', 45).slice(-1);
    if (!change) throw new Error('There is none');
    const of = (endsOn: string) => {
      const exemption = { reason: 'r', endsOn };
      return forecastItem(change, { id: 'x', environment: 'e', handle: 'h', exemption }, '2026-11-27');
    };
    expect([of('2027-01-11'), of('2027-01-10'), of('2026-11-26')]).toMatchObject([
      { inDays: 45, within: 90, exempted: true },
      { exempted: false, exemption: { endsOn: '2027-01-10' } },
      { exempted: false, exemption: null },
    ]);
  });
});
