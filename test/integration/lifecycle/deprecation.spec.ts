import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalogue } from '#domain/catalogue/version.js';
import { faultPoints } from '#observability/fault-points.js';
import { newId } from '#operations/control.js';
import { changeMarksIn } from '#operations/lifecycle/change-marks.js';
import { exemptDatabase } from '#operations/lifecycle/exempt.js';
import { appendAudit } from '#persistence/audit/append.js';
import { lockDatabase, updateDatabase } from '#persistence/databases.js';
import { pageNotices } from '#persistence/notices.js';
import { openTestControl, type TestControl } from '../../support/control.js';
import { listed, recordDatabases, referenceCatalogue, sweepDeprecation } from '../../support/lifecycle.js';
import { pauseAt } from '../../support/pause.js';

let opened: TestControl;
let now = new Date('2026-03-01T00:05:00Z');
let catalogue: Catalogue = referenceCatalogue;

beforeAll(async () => {
  opened = await openTestControl();
  const { control } = opened;
  opened = {
    ...opened,
    control: {
      ...control,
      now: () => now,
      get catalogue() {
        return catalogue;
      },
    },
  };
});
afterAll(() => opened.close());
beforeEach(async () => {
  now = new Date('2026-03-01T00:05:00Z');
  catalogue = referenceCatalogue;
  const { db } = opened.control;
  for (const table of ['lifecycle_marks', 'lifecycle_exemptions', 'notices', 'catalogue_record', 'databases'] as const)
    await db.deleteFrom(table as 'databases').execute();
});

const sweep = (scope = {}) => sweepDeprecation(opened.control, scope);
const record = (...versions: string[]) => recordDatabases(opened.control, versions);
const marks = () => listed(opened.control);
const notices = async () =>
  (await pageNotices(opened.control.db, {}, { limit: 5000, after: undefined }))
    .map(({ event, handle }) => `${handle} ${event}`)
    .sort();
/** Entries of the sweeps in the history, as the notices have them. */
const told = async () => {
  const rows = await opened.control.db
    .selectFrom('audit_events')
    .innerJoin('databases', 'databases.id', 'audit_events.database_id')
    .select(['action', 'handle'])
    .where('actor', '=', 'sweep:deprecation')
    .execute();
  return rows.map(({ action, handle }) => `${handle} ${action}`).sort();
};
const exempt = (id: string, endsOn: string) =>
  opened.control.db.transaction().execute(async (tx) => {
    const row = await lockDatabase(tx, id, 'share');
    if (row) await exemptDatabase(opened.control, tx, 'test', row, { reason: 'moves later', endsOn });
  });

describe('a deprecation sweep', () => {
  it('marks what passed its date, and tells each change once', async () => {
    await record('6.2', '7.0', '7.2', '8.2');
    const { counts, findings } = await sweep();
    expect(counts).toMatchObject({
      databases: 4,
      marked: 2,
      unmarked: 0,
      byFinding: { deprecated: 1, end_of_life: 1 },
    });
    expect(findings.map(({ handle, code }) => [handle, code])).toEqual([
      ['db-1', 'deprecated'],
      ['db-2', 'end_of_life'],
    ]);
    expect(await marks()).toEqual(['db-1 deprecated 7.0', 'db-2 end-of-life 7.2']);
    expect(await notices()).toEqual(['db-1 database.deprecated', 'db-2 database.end-of-life']);
    expect((await sweep()).counts).toMatchObject({
      marked: 0,
      unmarked: 0,
      byFinding: { deprecated: 1, end_of_life: 1 },
    });
    expect(await notices()).toHaveLength(2);
  });

  it('finds nothing left to do where an upgrade has told in its own transaction', async () => {
    const { control } = opened;
    const [id = ''] = await record('7.0');
    await sweep();
    const actor = 'token:test';
    await control.db.transaction().execute(async (tx) => {
      await updateDatabase(tx, id, { version: '8.2' });
      await changeMarksIn(control, tx, actor, [id], 'wait');
    });
    expect(await marks()).toEqual([]);
    const { body } = await control.db
      .selectFrom('audit_events')
      .select('body')
      .where('database_id', '=', id)
      .where('actor', '=', actor)
      .where('action', '=', 'database.lifecycle-cleared')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(body)).toMatchObject({ detail: { version: '8.2', because: 'version-changed' } });
    expect((await sweep()).counts).toMatchObject({ marked: 0, unmarked: 0 });
    expect(await notices()).toEqual(['db-0 database.deprecated', 'db-0 database.lifecycle-cleared']);
  });

  it('that is dry writes nothing, of today and of another day', async () => {
    await record('7.2', '8.2');
    const before = await told();
    expect((await sweep({ dry_run: true })).counts).toMatchObject({ marked: 1 });
    const forecast = await sweep({ dry_run: true, as_of: new Date('2026-06-01') });
    expect(forecast.findings).toMatchObject([
      { handle: 'db-0', code: 'deprecated', lifecycle: { status: 'deprecated', change: 'mark' } },
    ]);
    expect((await sweep({ dry_run: true, as_of: new Date('2026-02-28') })).counts).toMatchObject({ marked: 0 });
    expect([await marks(), await notices(), await told()]).toEqual([[], [], before]);
    const record_ = await opened.control.db
      .selectFrom('catalogue_record' as 'databases')
      .selectAll()
      .execute();
    expect(record_).toEqual([]);
  });

  it('unmarks what was upgraded, exempted or given more time, and marks it again', async () => {
    const [upgraded = '', exempted = '', postponed = ''] = await record('7.0', '7.0', '7.2');
    await sweep();
    await opened.control.db.updateTable('databases').set({ version: '8.2' }).where('id', '=', upgraded).execute();
    await exempt(exempted, '2026-03-02');
    catalogue = referenceCatalogue.map((entry) => (entry.version === '7.2' ? { ...entry, eolAt: '2027-01' } : entry));
    const { counts, findings } = await sweep();
    expect(counts).toMatchObject({ marked: 0, unmarked: 3, byFinding: { cleared: 2, exempted: 1 } });
    expect(findings.find(({ databaseId }) => databaseId === exempted)).toMatchObject({
      ...{ code: 'exempted', repair: 'none' },
      lifecycle: { status: 'deprecated', exemption: { reason: 'moves later', endsOn: '2026-03-02' }, change: 'unmark' },
    });
    expect(await marks()).toEqual([]);
    now = new Date('2026-03-02T23:59:59Z');
    expect((await sweep()).counts).toMatchObject({ marked: 0, unmarked: 0, byFinding: { exempted: 1 } });
    now = new Date('2026-03-03T00:00:00Z');
    catalogue = referenceCatalogue;
    expect((await sweep()).counts).toMatchObject({ marked: 2, unmarked: 0 });
    expect(await marks()).toEqual(['db-1 deprecated 7.0', 'db-2 end-of-life 7.2']);
    expect((await notices()).filter((text) => text.startsWith('db-2'))).toEqual([
      ...['db-2 database.end-of-life', 'db-2 database.end-of-life', 'db-2 database.lifecycle-cleared'],
    ]);
    expect(postponed).not.toBe('');
  });

  it('takes a version that the catalogue has dropped for deprecated, and leaves out what is deprovisioned', async () => {
    const [dropped = '', gone = ''] = await record('5.0', '7.0');
    await opened.control.db.updateTable('databases').set({ status: 'deprovisioned' }).where('id', '=', gone).execute();
    const { counts, findings } = await sweep();
    expect(counts).toMatchObject({ databases: 1, marked: 1, byFinding: { unlisted: 1 } });
    expect(findings).toMatchObject([{ databaseId: dropped, code: 'unlisted' }]);
  });
});

describe('sweeps at the same time', () => {
  const many = 1200;

  it('mark and tell everything once, however many there are', async () => {
    await record(...Array.from({ length: many }, () => '7.0'));
    const results = await Promise.all([sweep(), sweep(), sweep()]);
    const marked = results.reduce((sum, { counts }) => sum + (counts.marked ?? 0), 0);
    expect(marked).toBe(many);
    expect(await marks()).toHaveLength(many);
    expect(new Set(await notices()).size).toBe(many);
    expect(await notices()).toHaveLength(many);
  }, 30_000);

  it('and one that stood still while others went on changes nothing by what it knew', async () => {
    const [id = ''] = await record('7.0');
    const hold = pauseAt('deprecation:marking');
    const late = sweep();
    await hold.reached;
    faultPoints.disarmAll();
    await exempt(id, '2026-12-31');
    await sweep();
    hold.goOn();
    expect((await late).counts).toMatchObject({ marked: 0, byFinding: { exempted: 1 } });
    expect([await marks(), await notices()]).toEqual([[], []]);
  });

  it('wait for no row that somebody holds, but come back to it', async () => {
    const [first = ''] = await record('7.0', '7.0');
    const { db } = opened.control;
    const done: string[] = [];
    let swept: Promise<unknown> = Promise.resolve();
    await db.transaction().execute(async (tx) => {
      await lockDatabase(tx, first, 'no key update');
      const reached = pauseAt('deprecation:recorded');
      swept = sweep().then(() => done.push('sweep'));
      await reached.reached;
      faultPoints.disarmAll();
      expect(await marks()).toEqual(['db-1 deprecated 7.0']);
      reached.goOn();
      await tx.updateTable('databases').set({ version: '8.2' }).where('id', '=', first).execute();
      done.push('upgrade');
    });
    await swept;
    expect([done, await marks()]).toEqual([['upgrade', 'sweep'], ['db-1 deprecated 7.0']]);
  });
});

describe('the history', () => {
  it('has each change with its notice', async () => {
    await record('7.0');
    await sweep();
    const { db } = opened.control;
    const last = await db.selectFrom('audit_events').select('body').orderBy('seq', 'desc').executeTakeFirstOrThrow();
    const [notice] = await pageNotices(db, {}, { limit: 1, after: undefined });
    expect(JSON.parse(last.body)).toMatchObject({
      ...{ actor: 'sweep:deprecation', action: 'database.deprecated', databaseId: notice?.database_id },
      detail: { version: '7.0', before: null, mark: 'deprecated', noticeId: notice?.id },
    });
  });

  it('takes many entries in one statement, in their order', async () => {
    const { db } = opened.control;
    const events = Array.from({ length: 300 }, (_, index) => ({
      ...{ id: newId(), at: now.toISOString(), actor: 'order', action: `test.${index}` },
      ...{ environmentId: null, databaseId: null, operationId: null, detail: {} },
    }));
    await db.transaction().execute((tx) => appendAudit(tx, ...events));
    const rows = await db
      .selectFrom('audit_events')
      .select('action')
      .where('actor', '=', 'order')
      .orderBy('seq')
      .execute();
    expect(rows.map(({ action }) => action)).toEqual(events.map(({ action }) => action));
  });
});
