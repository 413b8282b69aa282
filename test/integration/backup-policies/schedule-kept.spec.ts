import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { DatabaseStatus } from '#domain/database/status.js';
import { arrangeSchedules } from '#persistence/backup-schedules.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create } from '../../support/requests.js';

const [first, later] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-20T00:00:00Z')];
let installation: FakeInstallation;
let databaseId: string;

beforeAll(async () => {
  installation = await createFakeInstallation();
  const created = await create(installation, 'orders');
  expect(await installation.runner().run(created.operationId)).toEqual({ kind: 'done' });
  databaseId = created.databaseId;
});
afterAll(() => installation.close());

const sinceAfter = async (status: DatabaseStatus, now: Date): Promise<Date | undefined> => {
  const { db } = installation.control;
  await db.updateTable('databases').set({ status }).where('id', '=', databaseId).execute();
  await arrangeSchedules(db, now);
  return (await sql<{ since: Date }>`SELECT since FROM backup_schedules`.execute(db)).rows[0]?.since;
};

it('a deprovision that leaves the database as it was does not begin anew what is promised of verified backups; one that succeeds ends it', async () => {
  expect(await sinceAfter('provisioned', first)).toEqual(first);
  expect(await sinceAfter('deprovisioning', later)).toEqual(first);
  expect(await sinceAfter('provisioned', later)).toEqual(first);
  expect(await sinceAfter('deprovisioned', later)).toBeUndefined();
});
