import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { findBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { FaultRun } from '../support/fault-run.js';
import { backup, create, databaseRow, finished, onBackup, verified } from '../support/requests.js';

jest.setTimeout(180_000);

describe('a backup', () => {
  let run: FaultRun;

  beforeAll(async () => {
    run = await FaultRun.open();
    await run.installation.start('scheduler');
    await run.installation.start('lifecycle-worker');
    await run.installation.start('backup-worker');
  });
  afterAll(() => run?.close());

  const provisioned = async (handle: string, version: string, persistence: PersistenceMode): Promise<string> => {
    const { databaseId, operationId } = await create(run.installation, handle, { version, persistence, memoryMb: 128 });
    expect(await finished(run.installation, operationId)).toMatchObject({ status: 'succeeded' });
    return databaseId;
  };
  const send = async (databaseId: string, ...command: string[]): Promise<unknown> =>
    (await run.throughDoors(databaseId, ...command))[0];

  it.each([
    ['8.0', 'aof'],
    ['8.0', 'rdb'],
    ['8.0', 'none'],
    ['7.0', 'aof'],
    ['7.0', 'none'],
    ['6.0', 'aof'],
    ['6.0', 'rdb'],
  ] as const)(
    'of %s %s is verified by itself, and restores into a new database with passwords of its own',
    async (version, mode) => {
      const source = await provisioned(`source-${version}-${mode}`, version, mode);
      await send(source, 'SET', 'kept', 'yes');
      await send(source, 'SET', 'brief', 'yes', 'PX', '3600000');
      const { backupId, operationId } = await backup(run.installation, source);
      expect(await finished(run.installation, operationId)).toMatchObject({
        status: 'succeeded',
        receipt: { backupId },
      });
      const row: BackupRow = await verified(run.installation, backupId);
      expect(row).toMatchObject({
        status: 'complete',
        verification: 'verified',
        keys: '2',
        restore_ms: expect.any(Number),
      });
      const restore = await onBackup(run.installation, backupId, { type: 'restore', keepCredentials: false });
      const ended = await finished(run.installation, restore);
      expect(ended).toMatchObject({ status: 'succeeded', error: null });
      const restored = String(ended.receipt?.['databaseId']);
      expect(await databaseRow(run.installation, restored)).toMatchObject({
        version,
        persistence: mode,
        memory_mb: 128,
      });
      expect(await run.throughDoors(restored, 'GET', 'kept')).toEqual(Array(4).fill('yes'));
      expect(await send(restored, 'SET', 'more', 'yes')).toBe('OK');
      expect(await send(source, 'GET', 'more')).toBeNull();
      expect(await run.complaints()).toEqual([]);
    },
  );

  it('is purged with its objects', async () => {
    const source = await provisioned('purged', '8.0', 'aof');
    const { backupId, operationId } = await backup(run.installation, source);
    await finished(run.installation, operationId);
    await verified(run.installation, backupId);
    const purge = await onBackup(run.installation, backupId, { type: 'purge', confirm: backupId });
    expect(await finished(run.installation, purge)).toMatchObject({ status: 'succeeded' });
    expect(await findBackup(run.installation.control.db, backupId)).toMatchObject({ status: 'purged', envelope: null });
  });
});
