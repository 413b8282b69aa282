import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { findBackup } from '#persistence/backups.js';
import { findOperation, targetsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create, databaseRow, onBackup } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

/** A disk that has no room for the data of a backup is seen before they are put on it. */

const patience = 60_000;
let installation: FakeInstallation;
let backupId: string;
let clearBytes: number;
let written = 0;

const run = async (operationId: string) => {
  await installation.runner().run(operationId);
  const operation = await findOperation(installation.control.db, operationId);
  return { status: operation?.status, code: operation?.error?.code, error: operation?.error };
};

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { databaseId, operationId } = await create(installation, 'source');
  expect(await run(operationId)).toMatchObject({ status: 'succeeded' });
  const taken = await backup(installation, databaseId);
  expect(await run(taken.operationId)).toMatchObject({ status: 'succeeded' });
  backupId = taken.backupId;
  clearBytes = (await findBackup(installation.control.db, backupId))?.manifest?.object.clearBytes ?? 0;
  const { host } = installation;
  const writeStream = host.writeStream.bind(host);
  host.writeStream = (...args) => (written++, writeStream(...args));
}, patience);
afterAll(() => installation.close());
beforeEach(() => {
  written = 0;
});

describe('without room on the disk', () => {
  it(
    'a verification fails, and the backup is no worse for it',
    async () => {
      installation.host.freeBytes = clearBytes - 1;
      const queued = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
      const verification = await queued.where('kind', '=', 'verify-backup').executeTakeFirstOrThrow();
      expect(await run(verification.id)).toMatchObject({ status: 'failed', code: 'disk_full' });
      expect([written, (await findBackup(installation.control.db, backupId))?.verification]).toEqual([0, 'unverified']);
      expect((await complaints(looked(installation))).join()).toBe('');
    },
    patience,
  );

  it(
    'a restore puts nothing on it, says how much is lacking, and is retried when there is some',
    async () => {
      installation.host.freeBytes = clearBytes - 1;
      const operationId = await onBackup(installation, backupId, { type: 'restore', keepCredentials: false });
      const refused = await run(operationId);
      expect(refused).toMatchObject({
        ...{ status: 'failed', code: 'disk_full' },
        error: { detail: expect.stringMatching(/take .* MB; .* has .* MB free/), leftBehind: [] },
      });
      expect(written).toBe(0);
      const databaseId = (await targetsOf(installation.control.db, [operationId]))[0]?.database_id ?? '';
      expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provision_failed' });
      expect((await complaints(looked(installation))).join()).toBe('');
      installation.host.freeBytes = clearBytes;
      const again = await installation.control.db
        .transaction()
        .execute((tx) => retryOperation(installation.control, tx, 'test', operationId));
      expect(await run(again.id)).toMatchObject({ status: 'succeeded' });
      expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provisioned' });
    },
    patience,
  );
});
