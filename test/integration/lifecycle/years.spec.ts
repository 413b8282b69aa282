import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabaseSchema } from '#contracts/database-requests.js';
import type { Catalogue } from '#domain/catalogue/version.js';
import { newId, type Control } from '#operations/control.js';
import { createDatabase } from '#operations/requests/create-database.js';
import { recordBackup } from '#operations/requests/request-backup.js';
import { requestRestore } from '#operations/requests/request-restore.js';
import { findBackup, updateBackup } from '#persistence/backups.js';
import { findEnvironment } from '#persistence/environments.js';
import { pageNotices } from '#persistence/notices.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { listed, recordDatabases, referenceCatalogue, sweepDeprecation } from '../../support/lifecycle.js';
import { create, databaseRow } from '../../support/requests.js';

/** The reference's table, and dates of the newest version, which pass as well. */
const catalogue: Catalogue = referenceCatalogue.map((entry) =>
  entry.version === '8.2' ? { ...entry, eolAt: '2028-02', deprecatedAt: '2029-02-10' } : entry,
);

/** From which day on what holds, reckoned by hand. */
const turns: readonly (readonly [number, string, string])[] = [
  [Date.UTC(2024, 7, 1), '7.0', 'end-of-life'],
  [Date.UTC(2026, 0, 1), '7.0', 'deprecated'],
  [Date.UTC(2026, 2, 1), '7.2', 'end-of-life'],
  [Date.UTC(2026, 5, 1), '7.2', 'deprecated'],
  [Date.UTC(2028, 2, 1), '8.2', 'end-of-life'],
  [Date.UTC(2029, 1, 11), '8.2', 'deprecated'],
];
const versions = catalogue.map(({ version }) => version);

let opened: FakeInstallation;
let control: Control;
let now = new Date(Date.UTC(2024, 0, 1));
let ids: string[] = [];

beforeAll(async () => {
  opened = await createFakeInstallation();
  control = { ...opened.control, catalogue, now: () => now };
  ids = await recordDatabases(control, versions, 500);
});
afterAll(() => opened.close());

const markAt = (version: string, at: number): string | undefined =>
  turns.filter(([from, of]) => of === version && from <= at).at(-1)?.[2];

/** The first and the last moment of every month, and the days around every turn. */
const moments = [
  ...Array.from({ length: 7 * 12 }, (_, month) => [Date.UTC(2024, month, 1), Date.UTC(2024, month + 1, 1) - 1]).flat(),
  ...turns.flatMap(([from]) => [from - 1, from, from + 86_399_999]),
].sort((a, b) => a - b);

/** Whether a new database of the version is refused now; nothing is kept of it. */
const isRefused = async (version: string): Promise<boolean> => {
  const undo = new Error('undone');
  try {
    await control.db.transaction().execute(async (tx) => {
      const environment = await findEnvironment(tx, { name: 'default' });
      if (!environment) throw new Error('There is no environment');
      await createDatabase(control, tx, 'test', environment, createDatabaseSchema.parse({ handle: 'new', version }));
      throw undo;
    });
  } catch (error) {
    if (error === undo) return false;
    expect(error).toMatchObject({ code: 'version_deprecated' });
  }
  return true;
};

describe('from 2024 to 2030', () => {
  it('marks are right at every moment, notices come at the turns, and only they', async () => {
    for (const at of moments) {
      now = new Date(at);
      await sweepDeprecation(control);
      const expected = versions.flatMap((version, index) => {
        const mark = markAt(version, at);
        return mark ? [`db-${index + 500} ${mark} ${version}`] : [];
      });
      expect([now, await listed(control)]).toEqual([now, expected]);
    }
    const notices = await pageNotices(control.db, {}, { limit: 100, after: undefined });
    expect(
      notices.map(({ created_at: at, event, detail }) => [at.getTime(), event, detail['version']]).reverse(),
    ).toEqual(turns.map(([from, version, mark]) => [from, `database.${mark}`, version]));
  }, 120_000);

  it('new databases are refused exactly while their version is deprecated, but for the newest', async () => {
    for (const at of turns.flatMap(([from]) => [from - 1, from]).concat(Date.UTC(2030, 11, 31))) {
      now = new Date(at);
      const refused: string[] = [];
      for (const version of versions) if (await isRefused(version)) refused.push(version);
      const expected = versions.filter((version) => version !== '8.2' && markAt(version, at) === 'deprecated');
      expect([now, refused]).toEqual([now, expected]);
    }
  }, 60_000);

  it('a backup of a deprecated version is restored as what it was, and the history says so', async () => {
    now = new Date('2027-01-01T00:00:00Z');
    const { operationId } = await create({ control }, 'other', { version: '8.0' });
    const database = await databaseRow({ control }, ids[versions.indexOf('7.0')] ?? '');
    const restored = await control.db.transaction().execute(async (tx) => {
      const [id, environment] = [newId(), await findEnvironment(tx, { name: 'default' })];
      await recordBackup(control, tx, { id, kind: 'manual', database, actor: 'test', operation: { id: operationId } });
      const taken = { status: 'complete', verification: 'verified', snapshot_at: now, completed_at: now } as const;
      await updateBackup(tx, id, taken);
      const backup = await findBackup(tx, id);
      if (!backup || !environment) throw new Error('There is no backup');
      const request = { type: 'restore', keepCredentials: false, handle: 'back' } as const;
      return requestRestore(control, tx, 'test', { backup, environment }, request);
    });
    expect(restored.database.version).toBe('7.0');
    const { body } = await control.db
      .selectFrom('audit_events')
      .select('body')
      .where('action', '=', 'restore.requested')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(body)).toMatchObject({ detail: { version: '7.0', deprecated: true } });
  });
});
