import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import { unnamedStores } from '#operations/backup/named-stores.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { updateBackup } from '#persistence/backups.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { eventually } from '../../support/eventually.js';
import { startScheduler } from '../../support/fake-workers.js';
import { backup, cancel, create, onBackup } from '../../support/requests.js';

let installation: FakeInstallation;
let id = '';

const moveTo = (store: string): Promise<void> =>
  installation.control.db.transaction().execute((tx) => updateBackup(tx, id, { store }));

const retry = (operationId: string): Promise<unknown> => {
  const { control } = installation;
  return control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', operationId));
};

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { databaseId, operationId } = await create(installation, 'kept');
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  const taken = await backup(installation, databaseId);
  expect(await installation.runner().run(taken.operationId)).toEqual({ kind: 'done' });
  id = taken.backupId;
});
afterAll(() => installation.close());

const gone = { code: 'backup_store_unknown', remedy: expect.stringContaining('Put the store back') };

describe('a backup in a store that was taken out of the file', () => {
  const requests = (): BackupOperationRequest[] => [
    { type: 'restore', keepCredentials: false },
    { type: 'verify' },
    { type: 'copy', store: 'second' },
    { type: 'purge', confirm: id },
  ];

  it('is refused at the request, with the way to have it back, and nothing is made', async () => {
    await moveTo('gone');
    const count = () => installation.control.db.selectFrom('databases').select('id').execute();
    const before = await count();
    for (const request of requests()) await expect(onBackup(installation, id, request)).rejects.toMatchObject(gone);
    expect(await count()).toEqual(before);
    await moveTo('default');
  });

  it('is not verified again by a retry either', async () => {
    const verify = await onBackup(installation, id, { type: 'verify' });
    await cancel(installation, verify);
    await moveTo('gone');
    await expect(retry(verify)).rejects.toMatchObject(gone);
    await moveTo('default');
  });

  it('is named with its store, in the log at each start too', async () => {
    expect(await unnamedStores(installation.control)).toEqual([]);
    await moveTo('gone');
    expect(await unnamedStores(installation.control)).toEqual([{ store: 'gone', backups: 1 }]);
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    const scheduler = await startScheduler(installation, undefined, logger);
    try {
      await eventually(
        () => expect(lines.join('')).toMatch(/"store":"gone","backups":1.*HOLDFAST_BACKUP_STORES_FILE/),
        { withinMs: 10_000 },
      );
    } finally {
      await scheduler.close();
    }
    await moveTo('default');
  });
});
