import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { askAgain } from '#operations/backup/schedule/ask-again.js';
import { requestBackup, requestCopy, requestPurge } from '#operations/requests/request-backup.js';
import { defaultPolicy } from '#domain/backup/policy.js';
import { writePolicy } from '#persistence/backup-policies.js';
import { arrangeSchedules } from '#persistence/backup-schedules.js';
import { findBackup } from '#persistence/backups.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { cancel, create, databaseRow } from '../../support/requests.js';

const patience = 60_000;
const minuteMs = 60_000;
let installation: FakeInstallation;
let databaseId: string;

const run = async (operationId: string): Promise<string> => {
  for (;;) {
    const { kind } = await installation.runner().run(operationId);
    if (kind !== 'retry') return kind;
  }
};
const automatic = async () => {
  const { control } = installation;
  const database = await databaseRow(installation, databaseId);
  return control.db.transaction().execute((tx) => requestBackup(control, tx, 'test', database, 'automatic'));
};
/** A store that is away for longer than an operation tries. */
const failing = async (operationId: string): Promise<void> => {
  installation.store.setUnreachable(true);
  expect(await run(operationId)).toBe('fail');
  installation.store.setUnreachable(false);
};
/** What a sweep would ask for, so many minutes from now. */
const askedIn = (minutes: number): Promise<number> => {
  const { control } = installation;
  const now = new Date(Date.now() + minutes * minuteMs);
  return askAgain({ ...control, now: () => now }, () => Promise.resolve());
};
const open = async (kind: 'backup-snapshot' | 'copy-backup'): Promise<string[]> => {
  const query = installation.control.db.selectFrom('operations').select('id').where('kind', '=', kind);
  return (await query.where('status', '=', 'queued').execute()).map(({ id }) => id);
};
/** Verifications too: they stand in line before the next operation. */
const endAll = async (): Promise<void> => {
  const query = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await query.execute()) await cancel(installation, id);
};

beforeAll(async () => {
  installation = await createFakeInstallation();
  const created = await create(installation, 'orders');
  expect(await run(created.operationId)).toBe('done');
  databaseId = created.databaseId;
  await arrangeSchedules(installation.control.db, new Date());
}, patience);
afterAll(() => installation.close());
beforeEach(endAll);

describe('an automatic backup that failed', () => {
  it(
    'is asked for again an hour later, once, and each time after as long as has been lost by then',
    async () => {
      const { operation, backup } = await automatic();
      await failing(operation.id);
      expect(await askedIn(55)).toBe(0);
      expect(await Promise.all([askedIn(65), askedIn(65)])).toEqual(expect.arrayContaining([0, 1]));
      expect(await askedIn(65)).toBe(0);
      const [again = ''] = await open('backup-snapshot');
      await failing(again);
      const { db } = installation.control;
      const late = { created_at: new Date(Date.now() + 180 * minuteMs) };
      await db.updateTable('backups').set(late).where('operation_id', '=', again).execute();
      expect([await askedIn(355), await askedIn(365)]).toEqual([0, 1]);
      expect((await findBackup(db, backup.id))?.status).toBe('failed');
    },
    patience,
  );

  it('is not asked for again when somebody cancelled it, when another one has come, or after a day', async () => {
    const { operation } = await automatic();
    await cancel(installation, operation.id);
    expect(await askedIn(65)).toBe(0);
    await failing((await automatic()).operation.id);
    expect(await askedIn(25 * 60)).toBe(0);
    expect(await run((await automatic()).operation.id)).toBe('done');
    expect(await askedIn(65)).toBe(0);
  });
});

describe('a copy that failed', () => {
  /** Of a backup that was just made. */
  const copyFails = async () => {
    const { control } = installation;
    const { operation, backup } = await automatic();
    expect(await run(operation.id)).toBe('done');
    await endAll();
    const original = await findBackup(control.db, backup.id);
    if (!original) throw new Error('The backup is gone');
    const copy = await control.db.transaction().execute((tx) => requestCopy(control, tx, 'test', original, 'second'));
    await failing(copy.id);
    return original;
  };
  const wantCopies = async (makeCopy: boolean): Promise<void> => {
    const { control } = installation;
    const wish = { ...defaultPolicy, makeCopy, copyStore: 'second' };
    const { environment_id: environmentId } = await databaseRow(installation, databaseId);
    await control.db.transaction().execute((tx) => writePolicy(tx, environmentId, wish));
  };

  it(
    'is asked for again as long as the policy wants it',
    async () => {
      await copyFails();
      await wantCopies(false);
      expect(await askedIn(65)).toBe(0);
      await wantCopies(true);
      expect([await askedIn(55), await askedIn(65), await askedIn(65)]).toEqual([0, 1, 0]);
      expect(await open('copy-backup')).toHaveLength(1);
    },
    patience,
  );

  it(
    'and is refused now, as that of a backup that is being purged, holds up no other one',
    async () => {
      const { control } = installation;
      const [going] = [await copyFails(), await copyFails()];
      await wantCopies(true);
      await control.db.transaction().execute((tx) => requestPurge(control, tx, 'test', going));
      expect(await askedIn(65)).toBe(1);
    },
    patience,
  );
});
