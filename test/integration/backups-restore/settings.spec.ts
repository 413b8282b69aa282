import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import { backupManifestSchema } from '#contracts/backup-manifest.js';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { discoverBackups } from '#operations/backup/discovery/discover.js';
import { writtenId, readManifestAt } from '#operations/backup/stored.js';
import { writeManifest } from '#operations/backup/manifest-file.js';
import { findBackup } from '#persistence/backups.js';
import { findOperation, targetsOf } from '#persistence/operations/read.js';
import type { BackupRow, DatabaseRow } from '#persistence/tables.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create, databaseRow, onBackup, request } from '../../support/requests.js';

/** What `configure` has chosen goes with a backup, through its manifest as well. */

const patience = 60_000;
const signal = new AbortController().signal;
let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
}, patience);
afterAll(() => installation.close());

const run = async (operationId: string): Promise<void> => {
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
};
const provisioned = async (handle: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle, more);
  await run(operationId);
  return databaseId;
};
const configure = async (id: string, settings: Readonly<Record<string, string>>): Promise<void> => {
  const { handle } = await databaseRow(installation, id);
  const wish: OperationRequest = { type: 'configure', settings, confirm: handle };
  await run(await request(installation, id, wish));
};
const taken = async (databaseId: string): Promise<string> => {
  const { backupId, operationId } = await backup(installation, databaseId);
  await run(operationId);
  return backupId;
};
const rowOf = async (backupId: string): Promise<BackupRow> => {
  const row = await findBackup(installation.control.db, backupId);
  if (!row) throw new Error(`There is no backup ${backupId}`);
  return row;
};
type Wish = Partial<Extract<BackupOperationRequest, { type: 'restore' }>>;
const restored = async (backupId: string, wish: Wish = {}) => {
  const operationId = await onBackup(installation, backupId, { type: 'restore', keepCredentials: false, ...wish });
  await run(operationId);
  const [target] = await targetsOf(installation.control.db, [operationId]);
  const database: DatabaseRow = await databaseRow(installation, target?.database_id ?? '');
  return { database, parameters: (await findOperation(installation.control.db, operationId))?.parameters };
};
const chosen = { databases: '32', timeout: '60', 'maxmemory-policy': 'allkeys-lru' };
const { 'maxmemory-policy': policy, ...others } = chosen;

describe('settings of a backup', () => {
  it('are those of the moment of its data, in the manifest and in the row', async () => {
    const id = await provisioned('changed-meanwhile');
    const { backupId, operationId } = await backup(installation, id);
    await configure(id, chosen);
    await run(operationId);
    const recorded = { settings: others, maxmemory_policy: policy };
    expect(await rowOf(backupId)).toMatchObject(recorded);
    expect((await rowOf(backupId)).manifest?.database).toMatchObject({ settings: others, maxmemoryPolicy: policy });
    expect((await restored(backupId)).database).toMatchObject(recorded);
  });

  it('are left out of a restore when that is wished', async () => {
    const id = await provisioned('defaults');
    await configure(id, chosen);
    const { database, parameters } = await restored(await taken(id), { defaultSettings: true });
    expect(database).toMatchObject({ settings: {}, maxmemory_policy: 'noeviction' });
    expect(parameters).toMatchObject({ defaultSettings: true, settingsLeftOut: [] });
  });

  it('that the new version or mode does not have are named', async () => {
    const backupId = await taken(await provisioned('older'));
    const settings = JSON.stringify({ 'io-threads-do-reads': 'yes', save: '60 1', timeout: '5' });
    await installation.control.db
      .updateTable('backups')
      .set({ version: '7.0', settings })
      .where('id', '=', backupId)
      .execute();
    const newer = await restored(backupId, { version: '8.0', handle: 'newer' });
    expect(newer).toMatchObject({
      database: { settings: { save: '60 1', timeout: '5' } },
      parameters: { settingsLeftOut: ['io-threads-do-reads'] },
    });
    const inMemory = await restored(backupId, { version: '8.0', persistence: 'none', handle: 'in-memory' });
    expect(inMemory.database.settings).toEqual({ timeout: '5' });
    expect(inMemory.parameters?.['settingsLeftOut']).toEqual(expect.arrayContaining(['save', 'io-threads-do-reads']));
  });

  it('are many enough logical databases for the data, whatever was recorded', async () => {
    const id = await provisioned('deep');
    const backupId = await taken(id);
    const { manifest } = await rowOf(backupId);
    const deep = [{ index: 20, keys: 0, expiring: 0, lasting: 0 }];
    const contents = { ...manifest?.contents, databases: deep };
    await installation.control.db
      .updateTable('backups')
      .set({ manifest: JSON.stringify({ ...manifest, contents }) })
      .where('id', '=', backupId)
      .execute();
    expect((await restored(backupId)).database.settings).toEqual({ databases: '21' });
  });
});

describe('a discovered backup', () => {
  const forget = async (backupId: string): Promise<void> => {
    await installation.control.db.deleteFrom('backups').where('id', '=', backupId).execute();
  };
  const discover = () =>
    discoverBackups(
      installation.control,
      { names: ['default'], open: () => installation.store },
      () => Promise.resolve(),
      signal,
    );

  it('brings its settings with it', async () => {
    const id = await provisioned('lost');
    await configure(id, chosen);
    const backupId = await taken(id);
    await forget(backupId);
    expect(await discover()).toMatchObject({ adopted: [{ backupId }], unusable: [] });
    expect(await rowOf(backupId)).toMatchObject({ settings: others, maxmemory_policy: policy });
    expect((await restored(backupId)).database).toMatchObject({ settings: others, maxmemory_policy: policy });
  });

  it('from before they were written down is found and restored all the same', async () => {
    const backupId = await taken(await provisioned('old'));
    const row = await rowOf(backupId);
    const key = row.manifest_key ?? '';
    const { secrets } = installation.control;
    const opened = await readManifestAt(installation.store, secrets, writtenId(row), key, signal);
    const { settings, ...database } = opened.manifest.database;
    expect(settings).toEqual({});
    const old = { ...opened.manifest, database };
    expect(backupManifestSchema.parse(old).database).not.toHaveProperty('settings');
    const body = async function* () {
      yield writeManifest(secrets, old, opened.envelope).file;
    };
    await installation.store.put(key, body(), signal);
    await forget(backupId);
    expect(await discover()).toMatchObject({ adopted: [{ backupId }], unusable: [] });
    expect((await restored(backupId)).database.settings).toEqual({});
  });
});
