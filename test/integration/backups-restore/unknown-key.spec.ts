import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BackupOperationRequest } from '#contracts/backup-requests.js';
import type { Control } from '#operations/control.js';
import { requireManifest } from '#operations/backup/stored.js';
import { once } from '#operations/backup/take.js';
import { SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { findBackup } from '#persistence/backups.js';
import type { BackupRow } from '#persistence/tables.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create, finished, onBackup } from '../../support/requests.js';

const patience = 60_000;
const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let installation: FakeInstallation;
let both: Control;
let backupId: string;

/** All is sealed under the first key, but for one backup, whose key is not there any more. */
beforeAll(async () => {
  installation = await createFakeInstallation({ secrets: new SecretBox([first]) });
  const { control } = installation;
  both = { ...control, secrets: new SecretBox([first, second]) };
  const { databaseId, operationId } = await create(installation, 'source');
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  const taken = await backup(installation, databaseId);
  expect(await installation.runner({ control: both }).run(taken.operationId)).toEqual({ kind: 'done' });
  backupId = taken.backupId;
  // The verification that follows by itself would be in the way of the others.
  const followUp = await control.db
    .selectFrom('operations')
    .select('id')
    .where('kind', '=', 'verify-backup')
    .executeTakeFirstOrThrow();
  expect(await installation.runner().run(followUp.id)).toEqual({ kind: 'fail', code: 'master_key_unknown' });
}, patience);
afterAll(() => installation.close());

const row = async (): Promise<BackupRow> => {
  const found = await findBackup(installation.control.db, backupId);
  if (!found) throw new Error('There is no backup');
  return found;
};

const refusal = async (wanted: BackupOperationRequest): Promise<unknown> => {
  const operationId = await onBackup(installation, backupId, wanted);
  await installation.runner().run(operationId);
  const { status, error } = await finished(installation, operationId);
  return { status, code: error?.code, verification: (await row()).verification };
};

describe('a backup that is sealed under a master key that is not there', () => {
  const refused = { status: 'failed', code: 'master_key_unknown', verification: 'unverified' };

  it.each([{ type: 'verify' }, { type: 'restore', keepCredentials: false, handle: 'never' }] as const)(
    'says so to a $type, and nothing against the backup',
    async (wanted) => {
      expect(await refusal(wanted)).toEqual(refused);
    },
    60_000,
  );

  it('is read again when the key is back', async () => {
    await expect(requireManifest(installation.store, both.secrets, await row(), signal())).resolves.toBeDefined();
  });

  it('is not what somebody makes of one by another number in its manifest, while the recorded key is there', async () => {
    const { store, control } = installation;
    const recorded = await row();
    const key = recorded.manifest_key ?? '';
    const whole = await buffer(await store.get(key, signal()));
    await store.put(key, once(Buffer.from(whole.toString().replace('"envelope":"2:', '"envelope":"3:'))), signal());
    const reading = (secrets: SecretBox) => requireManifest(store, secrets, recorded, signal());
    await expect(reading(both.secrets)).rejects.toMatchObject({ code: 'backup_corrupt' });
    await expect(reading(control.secrets)).rejects.toMatchObject({ code: 'master_key_unknown' });
    await store.put(key, once(whole), signal());
  });
});
