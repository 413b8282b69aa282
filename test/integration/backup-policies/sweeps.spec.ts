import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '#domain/backup/policy.js';
import { backupPrefix, dataKey } from '#operations/backup/location.js';
import { backupSweeps } from '#operations/backup/sweeps.js';
import { newId } from '#operations/control.js';
import { recordBackup } from '#operations/requests/request-backup.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { findBackup, updateBackup } from '#persistence/backups.js';
import { findInstallation } from '#persistence/installation.js';
import type { SweepCounts } from '#persistence/sweeps.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create, databaseRow } from '../../support/requests.js';

const dayMs = 86_400_000;
const signal = new AbortController().signal;

class WorkerEnds extends Error {}

let installation: FakeInstallation;
/** The store's objects are made now, the sweeps run two days on. */
let now = new Date();

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
beforeEach(async () => {
  now = new Date(Date.now() + 2 * dayMs);
  await installation.control.db.updateTable('databases').set({ backups_enabled: false }).execute();
});

const sweep = async (kind: keyof ReturnType<typeof backupSweeps>, endsAt = Infinity): Promise<SweepCounts> => {
  const { control, store } = installation;
  const stores = { names: ['default', 'second'], open: () => store };
  const sweeps = backupSweeps({
    ...{ control: { ...control, now: () => now }, stores },
    verificationEveryMs: dayMs,
  });
  let part = 0;
  const proceed = (): Promise<void> => (part++ === endsAt ? Promise.reject(new WorkerEnds()) : Promise.resolve());
  return (await sweeps[kind](proceed, signal)).counts;
};
/** Ends the sweep at its first part, the next one at its second, and so on, until one comes through. Returns how many were ended. */
const sweepEndedEverywhere = async (kind: keyof ReturnType<typeof backupSweeps>): Promise<number> => {
  for (let endsAt = 0; ; endsAt++) {
    try {
      await sweep(kind, endsAt);
      return endsAt;
    } catch (error) {
      if (!(error instanceof WorkerEnds)) throw error;
    }
  }
};

const provisioned = async (handle: string): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle);
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  return databaseId;
};
/** Verified automatic backups of so many days ago, without objects. */
const aged = async (databaseId: string, ...days: number[]): Promise<string[]> => {
  const { control } = installation;
  const database = await databaseRow(installation, databaseId);
  const operation = await control.db.selectFrom('operations').select('id').executeTakeFirstOrThrow();
  const ids = days.map(() => newId());
  await control.db.transaction().execute(async (tx) => {
    for (const [index, id] of ids.entries()) {
      await recordBackup(control, tx, { id, kind: 'automatic', database, actor: 'test', operation });
      const at = new Date(now.getTime() - (days[index] ?? 0) * dayMs);
      const proven = { verification: 'verified', verified_at: at, checked_at: at } as const;
      await updateBackup(tx, id, { status: 'complete', snapshot_at: at, completed_at: at, ...proven });
    }
  });
  return ids;
};
const askedFor = async (kind: 'backup-snapshot' | 'purge-backup' | 'verify-backup'): Promise<string[]> => {
  const rows = await installation.control.db
    .selectFrom('operations')
    .select('parameters')
    .where('kind', '=', kind)
    .where('requested_by', 'like', 'sweep:%')
    .execute();
  return rows.map(({ parameters }) => String(parameters['backupId'])).sort();
};
const objects = async (): Promise<number> => {
  let count = 0;
  for await (const _ of installation.store.list('holdfast/', signal)) count++;
  return count;
};

describe('a sweep that is ended at each of its parts in turn', () => {
  it('retention: all is done in the end, and nothing twice', async () => {
    const { db } = installation.control;
    const [one, two] = [await provisioned('one'), await provisioned('two')];
    await db.updateTable('databases').set({ backups_enabled: true }).execute();
    const { environment_id: environmentId } = await databaseRow(installation, one);
    const policy = { ...defaultPolicy, daily: 2, monthly: 0, yearly: 0 };
    await db.transaction().execute((tx) => writePolicy(tx, environmentId, policy));
    const gone = [...(await aged(one, 40, 41)), ...(await aged(two, 40))];
    for (const id of [one, two]) await aged(id, 3, 1);
    const abandoned = await backup(installation, one);
    await db.updateTable('operations').set({ status: 'cancelled' }).where('id', '=', abandoned.operationId).execute();
    const { id: installationId = '' } = (await findInstallation(db)) ?? {};
    for (let count = 0; count < 3; count++) {
      const key = dataKey(backupPrefix(installationId, newId()), 1);
      await installation.store.put(key, bytes(), signal);
    }
    expect(await sweepEndedEverywhere('retention')).toBeGreaterThanOrEqual(4);
    expect(await askedFor('purge-backup')).toEqual([...gone].sort());
    expect((await findBackup(db, abandoned.backupId))?.status).toBe('failed');
    expect(await objects()).toBe(0);
    const again = await sweep('retention');
    expect(again).toMatchObject({ databases: 2, requested: 0, skipped: 3 });
    expect(again.byFinding).toEqual({ backup_abandoned: 0, object_stray: 0, backup_unknown: 0, store_unreachable: 0 });
  });

  it('backup-schedule: each database is asked for once', async () => {
    const { db } = installation.control;
    const ids = [];
    for (let count = 0; count < 25; count++) ids.push((await create(installation, `many-${count}`)).databaseId);
    const ready = { status: 'provisioned', provisioned_at: now } as const;
    await db.updateTable('databases').set(ready).where('id', 'in', ids).execute();
    expect(await sweep('backup-schedule')).toMatchObject({ databases: 25, requested: 0 });
    now = new Date(now.getTime() + 1.5 * dayMs);
    expect(await sweepEndedEverywhere('backup-schedule')).toBeGreaterThanOrEqual(2);
    expect(await askedFor('backup-snapshot')).toHaveLength(25);
    expect(await sweep('backup-schedule')).toMatchObject({ requested: 0, byFinding: { backup_overdue: 0 } });
    now = new Date(now.getTime() + dayMs);
    expect(await sweep('backup-schedule')).toMatchObject({ byFinding: { backup_overdue: 25 }, alertChanges: 25 });
    expect(await sweep('backup-schedule')).toMatchObject({ byFinding: { backup_overdue: 25 }, alertChanges: 0 });
  });

  it('verification: its share and no more', async () => {
    now = new Date(now.getTime() + 40 * dayMs);
    expect(await sweepEndedEverywhere('verification')).toBeGreaterThanOrEqual(1);
    // Of seven backups in 30 days, twice as fast as needed: one each day.
    expect(await askedFor('verify-backup')).toHaveLength(1);
    expect(await sweep('verification')).toMatchObject({ requested: 0 });
  });
});

async function* bytes(): AsyncGenerator<Buffer> {
  yield Buffer.from('bytes');
}
