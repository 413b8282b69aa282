import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openTestControl, type TestControl } from '../../support/control.js';
import { createApiOn, type ApiClient } from '../../support/api.js';
import { makeToken } from '../../support/control.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { askForBackups } from '#operations/backup/schedule/ask-for-backups.js';
import { watchAges } from '#operations/backup/schedule/watch-ages.js';
import { letBackupsGo } from '#operations/backup/retention/let-go.js';
import { verifyAgain } from '#operations/backup/verification/verify-again.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { newId } from '#operations/control.js';
import { recordBackup } from '#operations/requests/request-backup.js';
import { updateBackup } from '#persistence/backups.js';
import { findDatabase } from '#persistence/databases.js';

let now = new Date('2026-06-10T12:00:00Z');
const proceed = (): Promise<void> => Promise.resolve();
let test: TestControl;
let api: ApiClient;

beforeAll(async () => {
  test = await openTestControl({ now: () => now, backupStores: ['default', 'second'] });
  await bootstrapInstallation(test.control, new X509CertificateAuthority());
  api = await createApiOn(test.control, test.databaseUrl, await makeToken(test.control, 'tester', ['owner']));
});
afterAll(async () => {
  await api.close();
  await test.close();
});

let counter = 0;
const provisioned = async (): Promise<string> => {
  const handle = `orders-${++counter}`;
  const { body } = await api.send('POST', '/v1/environments/default/databases', { body: { handle } });
  const { id } = body.database;
  await test.control.db
    .updateTable('databases')
    .set({ status: 'provisioned', provisioned_at: now })
    .where('id', '=', id)
    .execute();
  return id;
};
const forget = async (): Promise<void> => {
  await test.control.db.updateTable('databases').set({ backups_enabled: false }).execute();
};

/** A complete, verified automatic backup of that moment. */
const backedUp = async (databaseId: string, at: string): Promise<string> => {
  const { control } = test;
  const database = await findDatabase(control.db, databaseId);
  const operation = await control.db.selectFrom('operations').select('id').executeTakeFirstOrThrow();
  if (!database) throw new Error('No such database');
  const id = newId();
  await control.db.transaction().execute(async (tx) => {
    await recordBackup(control, tx, { id, kind: 'automatic', database, actor: 'test', operation });
    const moment = new Date(at);
    const proven = { verification: 'verified', verified_at: moment, checked_at: moment } as const;
    await updateBackup(tx, id, { status: 'complete', snapshot_at: moment, completed_at: moment, ...proven });
  });
  return id;
};
const operationsOf = async (databaseId: string, kind: string): Promise<unknown[]> => {
  const rows = await test.control.db
    .selectFrom('operations')
    .innerJoin('operation_targets', 'operation_id', 'operations.id')
    .select(['operations.kind', 'parameters'])
    .where('database_id', '=', databaseId)
    .execute();
  return rows.filter((row) => row.kind === kind).map((row) => row.parameters);
};
const asksFor = async (ids: readonly string[]): Promise<number> => {
  const each = await Promise.all(ids.map((id) => operationsOf(id, 'backup-snapshot')));
  return each.flat().length;
};
const put = (path: string, body: object) => api.send('PUT', path, { body });
const policyPath = '/v1/environments/default/backup-policy';

describe('the schedule', () => {
  it('asks once for each moment, makes up once for those that were missed, and never for two at a time', async () => {
    const id = await provisioned();
    await askForBackups(test.control, proceed);
    expect(await operationsOf(id, 'backup-snapshot')).toEqual([]);
    now = new Date('2026-06-14T03:00:00Z');
    const both = await Promise.all([askForBackups(test.control, proceed), askForBackups(test.control, proceed)]);
    expect(both.map(({ requested }) => requested).sort()).toEqual([0, 1]);
    expect(await operationsOf(id, 'backup-snapshot')).toHaveLength(1);
    now = new Date('2026-06-15T03:00:00Z');
    expect(await askForBackups(test.control, proceed)).toMatchObject({ requested: 0, skipped: 1 });
    await forget();
  });
});

describe('the schedule of others', () => {
  it('passes over replicas, fenced servers, those without backups and those that are not ready', async () => {
    const wanted = await provisioned();
    const changes = [
      { role: 'replica', source_id: wanted },
      { role: 'fenced' },
      { backups_enabled: false },
      { status: 'provisioning' },
      { status: 'deprovisioned' },
    ] as const;
    const others = [];
    for (const change of changes) {
      const id = await provisioned();
      await test.control.db.updateTable('databases').set(change).where('id', '=', id).execute();
      others.push(id);
    }
    expect(await askForBackups(test.control, proceed)).toMatchObject({ databases: 1 });
    now = new Date(now.getTime() + 86_400_000);
    expect(await askForBackups(test.control, proceed)).toMatchObject({ databases: 1, requested: 1 });
    for (const id of others) expect(await operationsOf(id, 'backup-snapshot')).toEqual([]);
    await test.control.db.deleteFrom('backup_schedules').execute();
    await forget();
  });

  it('is gone on with where a sweep was ended, and nobody is asked for twice', async () => {
    const ids = [];
    for (let count = 0; count < 45; count++) ids.push(await provisioned());
    await askForBackups(test.control, proceed);
    now = new Date(now.getTime() + 86_400_000);
    let asked = 0;
    for (const [part, expected] of [
      [0, 0],
      [1, 20],
      [1, 40],
    ] as const) {
      asked = 0;
      const ending = (): Promise<void> => (asked++ === part ? Promise.reject(new Error('the worker ends')) : proceed());
      await expect(askForBackups(test.control, ending)).rejects.toThrow('the worker ends');
      expect(await asksFor(ids)).toBe(expected);
    }
    expect(await askForBackups(test.control, proceed)).toMatchObject({ requested: 5, skipped: 0 });
    expect(await asksFor(ids)).toBe(45);
    await forget();
  });
});

describe('the alert', () => {
  it('is raised once, ends with a verified backup, and the history has both', async () => {
    const id = await provisioned();
    await askForBackups(test.control, proceed);
    expect(await watchAges(test.control)).toEqual({ overdue: 0, changes: 0 });
    now = new Date(now.getTime() + 49 * 3_600_000);
    expect(await watchAges(test.control)).toEqual({ overdue: 1, changes: 1 });
    expect(await watchAges(test.control)).toEqual({ overdue: 1, changes: 0 });
    expect((await api.send('GET', '/metrics')).text).toMatch(
      /holdfast_backup_overdue\{environment="default",database="orders-\d+",app="api"\} 1/,
    );
    await backedUp(id, now.toISOString());
    expect(await watchAges(test.control)).toEqual({ overdue: 0, changes: 1 });
    const { body } = await api.send('GET', `/v1/audit/events?database=${id}`);
    const actions = body.items.map(({ action }) => action).filter((action) => action.startsWith('database.backup'));
    expect(actions.sort()).toEqual(['database.backup-alert-ended', 'database.backup-overdue']);
    await forget();
  });
});

describe('a policy', () => {
  it('is the default until it is changed, and refuses what cannot be kept', async () => {
    expect((await api.send('GET', policyPath)).body).toMatchObject({
      daily: 30,
      monthly: 12,
      yearly: 6,
      keepFinal: true,
    });
    const refused = [
      { schedule: '61 * * * *' },
      { timeZone: 'Mars/X' },
      { store: 'none' },
      { daily: 0 },
      { nothing: 1 },
    ];
    const codes = await Promise.all(refused.map(async (body) => (await put(policyPath, body)).body.code));
    expect(codes).toEqual([
      ...['invalid_request', 'invalid_request', 'backup_store_unknown', 'invalid_request', 'invalid_request'],
    ]);
  });

  it('asks before it lets backups go, and the sweep then lets go just those, once', async () => {
    const id = await provisioned();
    now = new Date('2026-07-10T12:00:00Z');
    const backups = [];
    for (const day of ['07', '08', '09']) backups.push(await backedUp(id, `2026-07-${day}T02:00:00Z`));
    const lowered = { daily: 1, monthly: 0, yearly: 0 };
    const refusal = await put(policyPath, lowered);
    expect([refusal.status, refusal.body.code]).toEqual([409, 'backup_policy_would_delete']);
    expect(refusal.body.errors?.map(({ path }) => path)).toEqual(backups.slice(0, 2));
    expect(await letBackupsGo(test.control, proceed)).toMatchObject({ requested: 0 });
    expect((await put(policyPath, { ...lowered, confirm: true })).status).toBe(200);
    await Promise.all([letBackupsGo(test.control, proceed), letBackupsGo(test.control, proceed)]);
    expect(await letBackupsGo(test.control, proceed)).toMatchObject({ requested: 0, skipped: 2 });
    const purged = (await operationsOf(id, 'purge-backup')) as { backupId: string }[];
    expect(purged.map(({ backupId }) => backupId).sort()).toEqual(backups.slice(0, 2).sort());
    const own = await put(`/v1/databases/${id}/backup-policy`, { daily: 7 });
    expect(own.body).toMatchObject({ own: { daily: 7, monthly: null }, effective: { daily: 7, monthly: 0 } });
    await forget();
  });

  it('of a changed schedule makes up for nothing that lies before the change', async () => {
    const id = await provisioned();
    await askForBackups(test.control, proceed);
    now = new Date('2026-07-20T12:00:00Z');
    expect((await put(policyPath, { schedule: '0 11 * * *', confirm: true })).status).toBe(200);
    expect(await askForBackups(test.control, proceed)).toMatchObject({ databases: 1, requested: 0 });
    now = new Date('2026-07-21T11:31:00Z');
    expect(await askForBackups(test.control, proceed)).toMatchObject({ requested: 1 });
    expect(await operationsOf(id, 'backup-snapshot')).toHaveLength(1);
    await forget();
  });

  it('copies to the second store unless another one is named, never to the first', async () => {
    expect((await put(policyPath, { makeCopy: true })).body).toMatchObject({ makeCopy: true, copyStore: 'second' });
    expect((await put(policyPath, { makeCopy: false, store: 'second' })).body.code).toBe('invalid_request');
    expect((await put(policyPath, { makeCopy: false, copyStore: null })).body).toMatchObject({ copyStore: null });
  });

  it('of one database asks in the same way, ends with null, and the history has who changed what', async () => {
    const id = await provisioned();
    const path = `/v1/databases/${id}/backup-policy`;
    now = new Date('2026-07-25T12:00:00Z');
    expect((await put(path, { daily: 5 })).body).toMatchObject({ own: { daily: 5 }, effective: { daily: 5 } });
    const [old] = [await backedUp(id, '2026-07-23T02:00:00Z'), await backedUp(id, '2026-07-24T02:00:00Z')];
    const refusal = await put(path, { daily: null });
    expect([refusal.body.code, refusal.body.errors?.map((problem) => problem.path)]).toEqual([
      'backup_policy_would_delete',
      [old],
    ]);
    expect((await put(path, { daily: null, confirm: true })).body).toMatchObject({
      ...{ own: { daily: null }, effective: { daily: 1 } },
    });
    const { body } = await api.send('GET', `/v1/audit/events?database=${id}&action=backup-policy.changed`);
    expect(body.items).toHaveLength(2);
    await forget();
  });

  it('is for administrators', async () => {
    const token = await makeToken(test.control, 'deployer', ['deploy']);
    expect((await api.send('PUT', policyPath, { token, body: { daily: 5 } })).status).toBe(403);
    expect((await api.send('GET', policyPath, { token })).status).toBe(200);
  });
});

describe('verification', () => {
  const verifying = () =>
    test.control.db.selectFrom('operations').selectAll().where('kind', '=', 'verify-backup').orderBy('id').execute();
  const end = () =>
    test.control.db
      .updateTable('operations')
      .set({ status: 'succeeded' })
      .where('kind', '=', 'verify-backup')
      .execute();
  const sweepMs = 3_600_000;

  it('asks again for those that were not checked for a month, each once, and never for more while some wait', async () => {
    const id = await provisioned();
    await test.control.db.updateTable('backups').set({ status: 'purged' }).execute();
    const young = await backedUp(id, '2026-08-19T10:00:00Z');
    const old = [];
    for (const day of [12, 11, 10]) old.unshift(await backedUp(id, `2026-07-${day}T10:00:00Z`));
    now = new Date('2026-08-20T00:00:00Z');
    for (let turn = 1; turn <= 5; turn++) {
      const both = await Promise.all([1, 2].map(() => verifyAgain(test.control, sweepMs, proceed)));
      expect(both.map(({ requested }) => requested).sort()).toEqual([0, turn <= 3 ? 1 : 0]);
      expect(await verifyAgain(test.control, sweepMs, proceed)).toEqual({ requested: 0 });
      await end();
    }
    expect((await verifying()).map(({ parameters }) => parameters['backupId'])).toEqual(old);
    expect(await operationsOf(id, 'verify-backup')).not.toContainEqual({ backupId: young });
  });

  it('is spread: a sweep asks for its share, however many wait', async () => {
    const id = await provisioned();
    for (let count = 0; count < 90; count++) await backedUp(id, '2026-07-09T10:00:00Z');
    // Twice 94 in 30 days are 6.3 a day.
    expect(await verifyAgain(test.control, 24 * sweepMs, proceed)).toEqual({ requested: 7 });
    expect(await verifyAgain(test.control, 24 * sweepMs, proceed)).toEqual({ requested: 0 });
  });

  it('ended between two, is gone on with by the next sweep', async () => {
    await end();
    let asked = 0;
    const ending = (): Promise<void> => (asked++ === 3 ? Promise.reject(new Error('the worker ends')) : proceed());
    await expect(verifyAgain(test.control, 24 * sweepMs, ending)).rejects.toThrow('the worker ends');
    expect(await verifyAgain(test.control, 24 * sweepMs, proceed)).toEqual({ requested: 4 });
  });

  it('gives one that cannot be checked its turn after the others', async () => {
    await end();
    await test.control.db.updateTable('backups').set({ status: 'purged' }).execute();
    const id = await provisioned();
    const [stubborn, other] = [await backedUp(id, '2026-07-01T10:00:00Z'), await backedUp(id, '2026-07-02T10:00:00Z')];
    for (const expected of [stubborn, other]) {
      expect(await verifyAgain(test.control, sweepMs, proceed)).toEqual({ requested: 1 });
      expect((await verifying()).at(-1)?.parameters['backupId']).toBe(expected);
      const ended = { status: 'failed', created_at: new Date(Date.now() - 2 * 86_400_000) } as const;
      await test.control.db.updateTable('operations').set(ended).where('status', '=', 'queued').execute();
    }
  });
});
