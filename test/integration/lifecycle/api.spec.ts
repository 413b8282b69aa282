import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CatalogueFile } from '#configuration/catalogue-file.js';
import type { Catalogue } from '#domain/catalogue/version.js';
import { recordCatalogue } from '#operations/lifecycle/record-catalogue.js';
import { connect } from '#persistence/connection.js';
import { Sweeper } from '#operations/drift/sweeper.js';
import { deprecationSweep } from '#operations/lifecycle/deprecation-sweep.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { recordDatabases, referenceCatalogue } from '../../support/lifecycle.js';

/** Debian's own, whose packages the library is one of. */
const python = '/usr/bin/python3';

/** What an answer holds beyond what others have. */
interface Forecast {
  readonly windows: readonly { withinDays: number; databases: number }[];
  readonly items: readonly { handle: string; takesEffectOn: string; exempted: boolean; within: number }[];
  readonly nextCursor: string | null;
}

let api: TestApi;
let now = new Date('2026-02-10T09:00:00Z');
let ids: string[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  api = await startTestApi({ now: () => now, catalogue: referenceCatalogue });
  ids = await recordDatabases(api.control, ['6.2', '7.0', '7.2', '7.2', '8.2']);
});
afterAll(async () => {
  expect(errors).toEqual([]);
});
// By itself: what the check above has to say is no reason to leave anything open.
afterAll(async () => {
  await api.close();
});

const sweep = async (body: object) => {
  const asked = await api.send('POST', '/v1/sweeps', { body: { kind: 'deprecation', ...body } });
  expect([asked.status, asked.text]).toEqual([202, asked.text]);
  const { db } = api.control;
  const options = { kind: 'deprecation' as const, db, sweep: deprecationSweep(api.control), owner: 'test' };
  await new Sweeper({ ...options, onError: (error) => errors.push(error) }, new AbortController().signal).wake();
  return JSON.parse((await api.send('GET', asked.headers.get('location') ?? '')).text) as Record<string, unknown>;
};
const forecast = async (query = '') =>
  JSON.parse((await api.send('GET', `/v1/lifecycle/forecast${query}`)).text) as Forecast;
const problemsOf = (text: string) => JSON.parse(text) as { code: string; errors: { path: string }[] };

describe('sweeps by request', () => {
  it('say what would be done, now and then, and then do it', async () => {
    expect(await sweep({ dryRun: true })).toMatchObject({
      ...{ status: 'succeeded', dryRun: true, asOf: null, counts: { databases: 5, marked: 1, unmarked: 0 } },
      findings: [{ handle: 'db-1', code: 'deprecated', lifecycle: { version: '7.0', change: 'mark' } }],
    });
    expect(await sweep({ asOf: '2026-03-01' })).toMatchObject({
      ...{ dryRun: true, asOf: '2026-03-01T00:00:00.000Z', counts: { marked: 3 } },
    });
    expect((await api.send('GET', `/v1/databases/${ids[1]}`)).body).toMatchObject({ lifecycleMark: null });
    expect(await sweep({})).toMatchObject({ dryRun: false, counts: { marked: 1 } });
    expect((await api.send('GET', `/v1/databases/${ids[1]}`)).body).toMatchObject({
      ...{ lifecycle: 'deprecated', exemption: null },
      lifecycleMark: { lifecycle: 'deprecated', version: '7.0', noticedAt: now.toISOString() },
    });
    expect(await sweep({})).toMatchObject({ counts: { marked: 0, byFinding: { deprecated: 1 } } });
    const notices = await api.send('GET', `/v1/notices?database=${ids[1]}`);
    expect(notices.body.items).toMatchObject([{ event: 'database.deprecated', handle: 'db-1' }]);
  });

  it.each([
    [{ kind: 'deprecation', asOf: '2026-03-01', dryRun: false }, 'dryRun'],
    [{ kind: 'deprecation', asOf: 'soon' }, 'asOf'],
    [{ kind: 'drift', dryRun: true }, 'dryRun'],
    [{ kind: 'retention', asOf: '2026-03-01' }, 'asOf'],
  ])('refuse %j', async (body, path) => {
    const { status, text } = await api.send('POST', '/v1/sweeps', { body });
    expect([status, problemsOf(text).code, problemsOf(text).errors[0]?.path]).toEqual([400, 'invalid_request', path]);
  });
});

describe('exemptions', () => {
  const put = (id: string, body: object, token = api.ownerToken) =>
    api.send('PUT', `/v1/databases/${id}/exemption`, { body, token });

  it('let a database off, are seen, and end', async () => {
    const body = { reason: 'moves with release 12', endsOn: '2026-12-31' };
    expect((await put(ids[1] ?? '', body)).body).toMatchObject({
      exemption: { ...body, grantedBy: 'token:owner', grantedAt: now.toISOString(), inForce: true },
    });
    expect((await put(ids[1] ?? '', body)).status).toBe(200);
    expect(await sweep({})).toMatchObject({ counts: { unmarked: 1, byFinding: { exempted: 1 } } });
    expect((await api.send('GET', `/v1/databases/${ids[1]}`)).body).toMatchObject({ lifecycleMark: null });
    const history = await api.send('GET', `/v1/audit/events?database=${ids[1]}`);
    expect(history.body.items.map(({ action }) => action)).toEqual([
      ...['database.lifecycle-cleared', 'database.exempted', 'database.deprecated'],
    ]);
    expect((await api.send('DELETE', `/v1/databases/${ids[1]}/exemption`)).body).toMatchObject({ exemption: null });
    const again = await api.send('DELETE', `/v1/databases/${ids[1]}/exemption`);
    expect([again.status, again.body.code]).toEqual([404, 'exemption_not_found']);
    expect(await sweep({})).toMatchObject({ counts: { marked: 1 } });
  });

  it.each([
    [{ reason: 'late', endsOn: '2026-02-09' }, 'endsOn'],
    [{ reason: 'late', endsOn: '2026-02-30' }, 'endsOn'],
    [{ reason: ' ', endsOn: '2026-03-01' }, 'reason'],
    [{ reason: 'for ever' }, 'endsOn'],
  ])('refuse %j', async (body, path) => {
    const { status, text } = await put(ids[2] ?? '', body);
    expect([status, problemsOf(text).errors[0]?.path]).toEqual([400, path]);
  });

  it('are not for everybody, and not for what is gone', async () => {
    const body = { reason: 'x', endsOn: '2026-03-01' };
    expect((await put(ids[2] ?? '', body, await api.token('ops', ['ops']))).status).toBe(403);
    const [gone = ''] = await recordDatabases(api.control, ['7.0'], 100);
    await api.control.db.updateTable('databases').set({ status: 'deprovisioned' }).where('id', '=', gone).execute();
    expect((await put(gone, body)).body.code).toBe('database_not_ready');
  });
});

describe('the forecast', () => {
  it('lists what comes, by the day, page by page, and counts each database once', async () => {
    const { items, windows, nextCursor } = await forecast();
    expect(items.map(({ handle, takesEffectOn, within }) => [handle, takesEffectOn, within])).toEqual([
      ...[
        ['db-2', '2026-03-01', 30],
        ['db-3', '2026-03-01', 30],
      ],
      ...[
        ['db-2', '2026-06-01', 180],
        ['db-3', '2026-06-01', 180],
      ],
    ]);
    expect(windows).toEqual([
      { withinDays: 30, databases: 2 },
      { withinDays: 90, databases: 2 },
      { withinDays: 180, databases: 2 },
    ]);
    expect(nextCursor).toBeNull();
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await forecast(`?limit=1${cursor}`);
      paged.push(...page.items.map(({ handle, takesEffectOn }) => `${handle} ${takesEffectOn}`));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(items.map(({ handle, takesEffectOn }) => `${handle} ${takesEffectOn}`));
    expect((await forecast('?days=30')).items).toHaveLength(2);
    expect((await forecast('?asOf=2026-03-01&days=90')).items).toHaveLength(0);
  });

  it('lists who is exempted, and when that ends', async () => {
    const path = (id?: string) => `/v1/databases/${id}/exemption`;
    await api.send('PUT', path(ids[2]), { body: { reason: '=later; "then", 2', endsOn: '2026-03-31' } });
    await api.send('PUT', path(ids[1]), { body: { reason: 'ä'.repeat(100), endsOn: '2026-03-31' } });
    const { items, windows } = await forecast();
    expect(items.filter(({ takesEffectOn }) => takesEffectOn === '2026-04-01')).toMatchObject([
      {
        handle: 'db-1',
        change: 'deprecated',
        because: 'exemption-ends',
        exempted: false,
        exemption: { endsOn: '2026-03-31' },
      },
      { handle: 'db-2', change: 'end-of-life', because: 'exemption-ends' },
    ]);
    expect(items[0]).toMatchObject({ handle: 'db-2', takesEffectOn: '2026-03-01', exempted: true });
    expect(windows.map(({ databases }) => databases)).toEqual([2, 3, 3]);
  });

  it('is a calendar that a calendar library reads', async () => {
    const { status, headers, text } = await api.send('GET', '/v1/lifecycle/forecast.ics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
    expect(readByLibrary(text)).toEqual([
      '2026-03-01 default/db-2: Redis 7.2 reaches its end of life',
      '2026-03-01 default/db-3: Redis 7.2 reaches its end of life',
      '2026-04-01 default/db-1: Redis 7.0 is deprecated',
      '2026-04-01 default/db-2: Redis 7.2 reaches its end of life',
      '2026-06-01 default/db-2: Redis 7.2 is deprecated',
      '2026-06-01 default/db-3: Redis 7.2 is deprecated',
      '6 names, 0 errors',
    ]);
    const none = await api.send('GET', '/v1/lifecycle/forecast.ics?asOf=2027-01-01');
    expect(readByLibrary(none.text)).toEqual(['0 names, 0 errors']);
  });

  it('is a table that a spreadsheet reads', async () => {
    const { headers, text } = await api.send('GET', '/v1/lifecycle/forecast.csv?days=30');
    expect(headers.get('content-type')).toContain('text/csv');
    const script = 'import csv,json,sys; print(json.dumps(list(csv.DictReader(sys.stdin, strict=True))))';
    const rows = JSON.parse(execFileSync(python, ['-c', script], { input: text, encoding: 'utf8' })) as object[];
    expect(rows).toMatchObject([
      { handle: 'db-2', takes_effect_on: '2026-03-01', in_days: '19', exemption_reason: `'=later; "then", 2` },
      { handle: 'db-3', exempted: 'no', exemption_reason: '' },
    ]);
  });

  it('refuses what it cannot look at', async () => {
    for (const query of [
      'days=0',
      'days=3651',
      'days=x',
      'asOf=soon',
      'asOf=9999-12-31',
      'asOf=0000-01-01',
      'cursor=bm9uZQ',
    ])
      expect([query, (await api.send('GET', `/v1/lifecycle/forecast?${query}`)).status]).toEqual([query, 400]);
    expect((await api.send('GET', '/v1/lifecycle/forecast?environment=none')).body.code).toBe('environment_not_found');
  });
});

/** By python3-icalendar: the summaries by their days, how many names there are, and what it found wrong. */
const readByLibrary = (text: string): string[] => {
  const script = [
    'import sys, icalendar',
    'calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())',
    'events = list(calendar.walk("VEVENT"))',
    'for event in events: print(event["DTSTART"].dt.isoformat(), event["SUMMARY"])',
    'print(len({str(event["UID"]) for event in events}), "names,", sum(len(part.errors) for part in calendar.walk()), "errors")',
  ].join('\n');
  return execFileSync(python, ['-c', script], { input: text, encoding: 'utf8' }).trimEnd().split('\n');
};

describe('the metrics', () => {
  it('count databases by lifecycle, marks and exemptions, and tell of the last sweep', async () => {
    await sweep({});
    const { text } = await api.send('GET', '/metrics');
    for (const line of [
      /holdfast_databases_lifecycle\{lifecycle="available",app="api"\} 4/,
      /holdfast_databases_lifecycle\{lifecycle="deprecated",app="api"\} 1/,
      /holdfast_databases_marked\{mark="deprecated",app="api"\} 0/,
      /holdfast_databases_exempted\{app="api"\} 2/,
      /holdfast_catalogue_refused\{app="api"\} 0/,
      /holdfast_sweep_started_timestamp_seconds\{kind="deprecation",app="api"\} \d/,
    ])
      expect(text).toMatch(line);
  });
});

describe('the catalogue file', () => {
  it('is in force without a restart, and its change is in the history once, however many processes see it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-catalogue-'));
    const file = join(directory, 'catalogue.json');
    const write = (catalogue: Catalogue): void => writeFileSync(file, JSON.stringify({ versions: catalogue }));
    write(referenceCatalogue);
    let clockMs = 0;
    const processes = Array.from({ length: 3 }, () => {
      const reader = new CatalogueFile(
        file,
        () => undefined,
        () => clockMs,
      );
      const db = connect({ url: api.databaseUrl, max: 2, role: 'app', onIdleError: () => undefined });
      return { control: { ...api.control, db }, reader, close: () => db.destroy() };
    });
    const recordAll = async (): Promise<void> => {
      clockMs += 1000;
      await Promise.all(
        processes.map(({ control, reader }) => recordCatalogue({ ...control, catalogue: reader.current })),
      );
    };
    const changes = async () =>
      (await api.send('GET', '/v1/audit/events?action=catalogue.changed')).body.items as unknown[];
    await recordAll();
    expect(await changes()).toEqual([]);
    write(referenceCatalogue.filter(({ version }) => version !== '6.2').map((entry) => ({ ...entry, patch: 'x' })));
    await recordAll();
    await recordAll();
    expect(await changes()).toMatchObject([
      {
        ...{ actor: 'configuration', environmentId: null },
        detail: {
          ...{ added: [], removed: ['6.2'] },
          changed: ['7.0', '7.2', '8.0', '8.2'].map((version) => ({
            version,
            fields: { patch: { before: null, after: 'x' } },
          })),
        },
      },
    ]);
    now = new Date('2026-02-10T10:00:00Z');
    await Promise.all(processes.map((one) => one.close()));
    rmSync(directory, { recursive: true });
  });
});

describe('a version that the catalogue has dropped', () => {
  it('is deprecated, as the sweep and the metrics have it', async () => {
    const [id] = await recordDatabases(api.control, ['5.0'], 50);
    const { body } = await api.send('GET', `/v1/databases/${id}`);
    expect(body).toMatchObject({ version: '5.0', lifecycle: 'deprecated' });
  });
});
