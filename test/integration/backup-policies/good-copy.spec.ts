import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Verification } from '#domain/backup/backup.js';
import { defaultPolicy } from '#domain/backup/policy.js';
import { letBackupsGo } from '#operations/backup/retention/let-go.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { BackupFamily } from '../../support/backup-family.js';
import { databaseRow } from '../../support/requests.js';

/** The first store has lost what the second one still has: the reason why there are two. */

const dayMs = 86_400_000;
let family: BackupFamily;
let [old, copy] = ['', ''];

const isNow = (id: string, verification: Verification) =>
  family.change(id, {
    verification,
    checked_at: new Date(),
    verified_at: verification === 'verified' ? new Date() : null,
  });
const aged = async (days: number): Promise<string> => {
  const id = await family.taken();
  await family.change(id, { kind: 'automatic', snapshot_at: new Date(Date.now() - days * dayMs) });
  return id;
};

beforeAll(async () => {
  family = await BackupFamily.open();
  const { environment_id: environmentId } = await databaseRow(family.installation, family.databaseId);
  const policy = { ...defaultPolicy, daily: 1, monthly: 0, yearly: 0 };
  await family.installation.control.db.transaction().execute((tx) => writePolicy(tx, environmentId, policy));
  await isNow(await aged(1), 'failed');
  old = await aged(10);
  copy = await family.copied(old);
});
afterAll(async () => {
  expect(await family.settle()).toEqual([]);
  await family.close();
});

const sweep = () => letBackupsGo(family.installation.control, () => Promise.resolve());

describe('a backup that is broken where it was taken', () => {
  it.each(['unverified', 'verified'] as const)(
    'stays while a copy of it is %s and nothing newer is good',
    async (state) => {
      await isNow(old, 'failed');
      await isNow(copy, state);
      expect(await sweep()).toMatchObject({ requested: 0 });
    },
  );

  it('goes with a copy that is broken as well', async () => {
    await isNow(old, 'failed');
    await isNow(copy, 'failed');
    expect(await sweep()).toMatchObject({ requested: 1 });
  });
});
