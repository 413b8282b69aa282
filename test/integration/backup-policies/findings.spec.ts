import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sweepRoutes } from '#contracts/http/sweeps.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ObjectStores } from '#engine/ports/object-store.js';
import { backupSweeps, type BackupSweepKind } from '#operations/backup/sweeps.js';
import type { Control } from '#operations/control.js';
import { SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { findBackup } from '#persistence/backups.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create } from '../../support/requests.js';

const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
const signal = new AbortController().signal;
let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation({ secrets: new SecretBox([first]) });
});
afterAll(() => installation.close());

const taken = async (handle: string): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle);
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  const asked = await backup(installation, databaseId);
  expect(await installation.runner().run(asked.operationId)).toEqual({ kind: 'done' });
  return asked.backupId;
};

const rowOf = async (id: string) => {
  const row = await findBackup(installation.control.db, id);
  if (!row) throw new Error('No such backup');
  return row;
};

/** The second store is away. */
const stores: ObjectStores = {
  names: ['default', 'second'],
  open: (name) => {
    if (name === 'default') return installation.store;
    throw new HoldfastError('backup_store_unreachable', 'It is away.');
  },
};

/** What a sweep finds, as the API hands it out. */
const sweep = async (kind: BackupSweepKind, control: Control = installation.control) => {
  const sweeps = backupSweeps({ control, stores, verificationEveryMs: 0 });
  const outcome = await sweeps[kind](() => Promise.resolve(), signal, { dry_run: false, as_of: null });
  expect(sweepRoutes.getSweep.answer.schema.shape.findings.parse(outcome.findings)).toEqual(outcome.findings);
  return outcome;
};

it('name what a discovery made known, what it could not use and why, and which store was away', async () => {
  const [whole, cut] = [await taken('whole'), await taken('cut')];
  installation.store.drop((await rowOf(cut)).manifest?.object.key ?? '');
  for (const id of [whole, cut]) await installation.control.db.deleteFrom('backups').where('id', '=', id).execute();
  const { counts, findings } = await sweep('discovery');
  expect(counts).toMatchObject({ requested: 1, byFinding: { backup_unusable: 1, store_unreachable: 1 } });
  const found = (text: string): unknown => expect.stringContaining(text);
  expect(findings).toEqual([
    {
      ...{ code: 'store_unreachable', severity: 'notice', store: 'second', backupId: null, handle: null },
      found: 'backup_store_unreachable: It is away.',
    },
    {
      ...{ code: 'backup_unusable', severity: 'notice', store: 'default', backupId: cut, handle: 'cut' },
      found: found('0 of the '),
    },
    {
      ...{ code: 'backup_adopted', severity: 'notice', store: 'default', backupId: whole, handle: 'whole' },
      found: found('manual, taken '),
    },
  ]);
  expect((await sweep('discovery')).findings).toMatchObject([
    { code: 'store_unreachable' },
    { code: 'backup_unusable' },
  ]);
});

it('name what was sealed anew under which version, and the backups that were not, and why', async () => {
  const lost = await taken('lost');
  installation.store.drop((await rowOf(lost)).manifest_key ?? '');
  const both = { ...installation.control, secrets: new SecretBox([first, second]) };
  const running = await backup(installation, (await rowOf(lost)).database_id);
  const { counts, findings } = await sweep('keys', both);
  expect(counts).toMatchObject({ skipped: 2, byFinding: { authority_resealed: 1, answer_resealed: 0 } });
  expect(findings).toEqual([
    {
      ...{
        code: 'backup_not_resealed',
        severity: 'notice',
        store: 'default',
        backupId: running.backupId,
        handle: 'lost',
      },
      found: expect.stringContaining('is being made'),
    },
    {
      ...{ code: 'backup_not_resealed', severity: 'notice', store: 'default', backupId: lost, handle: 'lost' },
      found: expect.stringMatching(/^version 1 of the master key is still needed: backup_/),
    },
    {
      ...{ code: 'authority_resealed', severity: 'notice', keyVersion: 2, count: 1 },
      found: 'key of the certificate authority',
    },
    { code: 'credential_resealed', severity: 'notice', keyVersion: 2, count: expect.any(Number), found: 'passwords' },
    { code: 'backup_resealed', severity: 'notice', keyVersion: 2, count: 1, found: 'envelopes of backups' },
  ]);
});
