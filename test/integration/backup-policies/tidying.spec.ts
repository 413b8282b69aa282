import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultPolicy } from '#domain/backup/policy.js';
import { FakeObjectStore } from '#engine/fake/fake-object-store.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import { backupPrefix, dataKey, manifestKey } from '#operations/backup/location.js';
import { letBackupsGo } from '#operations/backup/retention/let-go.js';
import { tidyStores } from '#operations/backup/retention/tidy-stores.js';
import { newId, type Control } from '#operations/control.js';
import { failAbandonedBackups } from '#persistence/backup-retention.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { findBackup, updateBackup } from '#persistence/backups.js';
import type { NewBackupRow } from '#persistence/tables.js';
import { findOperation } from '#persistence/operations/read.js';
import { findInstallation } from '#persistence/installation.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, databaseRow, onBackup } from '../../support/requests.js';

const dayMs = 86_400_000;
const body = async function* (): AsyncGenerator<Buffer> {
  yield Buffer.from('bytes');
};
const ready = (): Promise<void> => Promise.resolve();
const signal = new AbortController().signal;

let installation: FakeInstallation;
let installationId = '';
let databaseId = '';

const run = async (operationId: string): Promise<void> => {
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
};
/** All that was asked for is carried out, but for verifications: fakes prove nothing. */
const settle = async (): Promise<void> => {
  const queued = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await queued.where('kind', '=', 'verify-backup').execute()) await cancel(installation, id);
  for (const { id } of await queued.orderBy('id').execute()) await run(id);
};
/** Two days on: all that lies in the stores now is old by then. */
const later = (): Control => ({
  ...installation.control,
  now: () => new Date(Date.now() + 2 * dayMs),
});
const only = (store: FakeObjectStore): ObjectStores => ({ names: ['default'], open: () => store });
const tidy = (stores = only(installation.store), control = later(), proceed = ready) =>
  tidyStores(control, stores, proceed, signal);
const put = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await installation.store.put(key, body(), signal);
};
const keysBelow = async (prefix: string, store = installation.store): Promise<string[]> => {
  const keys = [];
  for await (const { key } of store.list(prefix, signal)) keys.push(key);
  return keys;
};
const taken = async (): Promise<{ id: string; prefix: string }> => {
  const { backupId, operationId } = await backup(installation, databaseId);
  await run(operationId);
  await settle();
  const row = await findBackup(installation.control.db, backupId);
  expect(row?.status).toBe('complete');
  return { id: backupId, prefix: row?.prefix ?? '' };
};
const change = (id: string, patch: Partial<NewBackupRow>): Promise<void> =>
  installation.control.db.transaction().execute((tx) => updateBackup(tx, id, patch));
const newPrefix = (): string => backupPrefix(installationId, newId());
const statusOf = async (id: string) => (await findBackup(installation.control.db, id))?.status;

beforeAll(async () => {
  installation = await createFakeInstallation();
  installationId = (await findInstallation(installation.control.db))?.id ?? '';
  const created = await create(installation, 'orders');
  await run(created.operationId);
  databaseId = created.databaseId;
});
afterAll(() => installation.close());
beforeEach(async () => {
  await settle();
  for (const key of await keysBelow('holdfast/')) installation.store.drop(key);
});

describe('tidying the stores', () => {
  it('removes what belongs to no backup once it is older than a day, and half uploads', async () => {
    const stray = newPrefix();
    await put(dataKey(stray, 1), dataKey(stray, 2), `holdfast/${installationId}/loose`);
    installation.store.leaveUnfinished(dataKey(stray, 3), new Date());
    installation.store.leaveUnfinished('of/another/program', new Date());
    expect(await tidy(undefined, installation.control)).toEqual({ removed: 0, unknownBackups: 0, unreachable: [] });
    expect(await keysBelow(stray)).toHaveLength(2);
    expect(await tidy()).toEqual({ removed: 4, unknownBackups: 0, unreachable: [] });
    expect([await keysBelow('holdfast/'), installation.store.unfinished]).toEqual([[], 1]);
    expect(await tidy()).toMatchObject({ removed: 0 });
    expect(await installation.store.removeUnfinished('of/', new Date(Date.now() + dayMs), signal)).toBe(1);
  });

  it('waits for the youngest object below a prefix', async () => {
    const prefix = newPrefix();
    let now = new Date(Date.now() - 3 * dayMs);
    const store = new FakeObjectStore(() => now);
    await store.put(dataKey(prefix, 1), body(), signal);
    now = new Date();
    await store.put(dataKey(prefix, 2), body(), signal);
    expect(await tidy(only(store), installation.control)).toMatchObject({ removed: 0 });
  });

  it('leaves complete and running backups as they are, however old', async () => {
    const complete = await taken();
    const running = await backup(installation, databaseId);
    const prefix = backupPrefix(installationId, running.backupId);
    await put(dataKey(prefix, 1), manifestKey(prefix, 1));
    const before = await keysBelow('holdfast/');
    expect(await tidy()).toEqual({ removed: 0, unknownBackups: 0, unreachable: [] });
    expect(await keysBelow('holdfast/')).toEqual(before);
    expect(before.filter((key) => key.startsWith(complete.prefix))).toHaveLength(2);
    await cancel(installation, running.operationId);
  });

  it('leaves whole backups that no row names, and everything of others', async () => {
    const [unknown, other] = [newPrefix(), backupPrefix(newId(), newId())];
    await put(dataKey(unknown, 1), manifestKey(unknown, 1), dataKey(other, 1), 'elsewhere/1.data');
    expect(await tidy()).toEqual({ removed: 0, unknownBackups: 1, unreachable: [] });
    expect([await keysBelow(unknown), await keysBelow(other), await keysBelow('elsewhere/')].flat()).toHaveLength(4);
  });

  it.each(['failed', 'purged'] as const)('removes what a backup that %s has left, whole or not', async (status) => {
    const { id, prefix } = await taken();
    // One that failed was never complete.
    await change(id, { status, ...(status === 'failed' ? { manifest_key: null } : {}) });
    expect(await tidy()).toEqual({ removed: 2, unknownBackups: 0, unreachable: [] });
    expect(await keysBelow(prefix)).toEqual([]);
  });

  it('tells the stores apart: a backup of one keeps nothing in another', async () => {
    const { prefix } = await taken();
    const second = new FakeObjectStore();
    await second.put(dataKey(prefix, 9), body(), signal);
    const stores: ObjectStores = {
      names: ['default', 'second'],
      open: (name) => (name === 'second' ? second : installation.store),
    };
    expect(await tidy(stores)).toEqual({ removed: 1, unknownBackups: 0, unreachable: [] });
    expect([(await keysBelow(prefix)).length, await keysBelow(prefix, second)]).toEqual([2, []]);
  });

  it('goes on to the next store when one is away, also in the middle', async () => {
    const [first, second] = [new FakeObjectStore(), new FakeObjectStore()];
    const stores: ObjectStores = {
      names: ['default', 'second'],
      open: (name) => (name === 'second' ? second : first),
    };
    for (const store of [first, second]) await store.put(dataKey(newPrefix(), 1), body(), signal);
    first.setUnreachable(true);
    expect(await tidy(stores)).toEqual({ removed: 1, unknownBackups: 0, unreachable: ['default'] });
    expect((await keysBelow('holdfast/', second)).length).toBe(0);
    first.setUnreachable(false);
    expect(await tidy(stores)).toEqual({ removed: 1, unknownBackups: 0, unreachable: [] });
  });

  it('ended at any part by its worker, is completed by the next one', async () => {
    for (const part of [0, 1]) {
      await put(dataKey(newPrefix(), 1));
      let parts = 0;
      const ending = (): Promise<void> =>
        parts++ === part ? Promise.reject(new Error('the worker ends')) : Promise.resolve();
      await expect(tidy(undefined, later(), ending)).rejects.toThrow('the worker ends');
      expect(await keysBelow('holdfast/')).toHaveLength(1);
      expect(await tidy()).toMatchObject({ removed: 1 });
    }
  });

  it('stops with the signal, and passes on what is no fault of a store', async () => {
    await expect(
      tidyStores(later(), only(installation.store), ready, AbortSignal.abort(new Error('stop'))),
    ).rejects.toThrow('stop');
    const broken: ObjectStores = {
      names: ['default'],
      open: () => {
        throw new TypeError('a defect');
      },
    };
    await expect(tidy(broken)).rejects.toThrow('a defect');
  });
});

describe('backups that nobody makes any more', () => {
  it('fail once their operation has ended, and no others do', async () => {
    const { db } = installation.control;
    const { id: complete } = await taken();
    const [queued, ended] = [await backup(installation, databaseId), await backup(installation, databaseId)];
    await db.updateTable('operations').set({ status: 'failed' }).where('id', '=', ended.operationId).execute();
    const target = db.updateTable('operation_targets').set({ finished: true });
    await target.where('operation_id', '=', ended.operationId).execute();
    expect(await failAbandonedBackups(db)).toBe(1);
    expect(await Promise.all([complete, queued.backupId, ended.backupId].map(statusOf))).toEqual([
      'complete',
      'running',
      'failed',
    ]);
    expect(await failAbandonedBackups(db)).toBe(0);
    await run(queued.operationId);
    expect(await statusOf(queued.backupId)).toBe('complete');
  });
});

describe('retention', () => {
  /** A verified automatic backup of that many days ago, unless said otherwise. */
  const aged = async (days: number, patch: Partial<NewBackupRow> = {}): Promise<string> => {
    const { id } = await taken();
    const at = new Date(Date.now() - days * dayMs);
    const proven = { verification: 'verified', verified_at: at, checked_at: at } as const;
    await change(id, { kind: 'automatic', snapshot_at: at, ...proven, ...patch });
    return id;
  };
  const withHeldCopy = async (id: string): Promise<string> => {
    await cancel(installation, await onBackup(installation, id, { type: 'copy', store: 'second' }));
    const copies = installation.control.db.selectFrom('backups').select('id').where('copy_of', '=', id);
    const copy = (await copies.executeTakeFirstOrThrow()).id;
    await change(copy, { status: 'complete', ...hold });
    return id;
  };
  const hold = { hold_reason: 'audit', held_by: 'test', held_at: new Date() };

  it('purges what no policy keeps, by the operation that removes it; nothing held, manual, final or in use', async () => {
    const { db } = installation.control;
    const { environment_id: environmentId } = await databaseRow(installation, databaseId);
    const policy = { ...defaultPolicy, daily: 1, monthly: 0, yearly: 0 };
    await db.transaction().execute((tx) => writePolicy(tx, environmentId, policy));
    const gone = await aged(10);
    const needed = await aged(9);
    const kept = [
      await aged(8, hold),
      await withHeldCopy(await aged(7)),
      await aged(6, { kind: 'manual' }),
      await aged(5, { kind: 'final' }),
      await aged(1),
    ];
    const use = await onBackup(installation, needed, { type: 'verify' });
    expect(await letBackupsGo(installation.control, ready)).toMatchObject({ requested: 1, skipped: 1 });
    expect(await letBackupsGo(installation.control, ready)).toMatchObject({ requested: 0, skipped: 2 });
    expect(await statusOf(gone)).toBe('complete');
    await settle();
    expect((await findOperation(db, use))?.status).toBe('cancelled');
    expect(await letBackupsGo(installation.control, ready)).toMatchObject({ requested: 1, skipped: 0 });
    await settle();
    for (const id of [gone, needed]) {
      expect(await findBackup(db, id)).toMatchObject({ status: 'purged', envelope: null });
      expect(await keysBelow(backupPrefix(installationId, id))).toEqual([]);
    }
    for (const id of kept) {
      expect(await statusOf(id)).toBe('complete');
      expect(await keysBelow(backupPrefix(installationId, id))).toHaveLength(2);
    }
    expect(await letBackupsGo(installation.control, ready)).toMatchObject({ requested: 0, skipped: 0 });
  });
});
