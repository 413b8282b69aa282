import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { backupSweeps } from '#operations/backup/sweeps.js';
import { claimOperation } from '#persistence/operations/claim.js';
import { takeDueWakeUps } from '#persistence/operations/dispatch.js';
import { limitOperations } from '#persistence/operations/limits.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create } from '../../support/requests.js';

const dayMs = 86_400_000;
const many = 1000;
const limit = 2;
let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
  await limitOperations(installation.control.db, ['backup-snapshot'], limit);
});
afterAll(() => installation.close());

/** One database as a request makes it, and others like it. */
const databases = async (): Promise<void> => {
  const { db } = installation.control;
  const { databaseId, operationId } = await create(installation, 'first');
  await db.updateTable('operations').set({ status: 'succeeded' }).where('id', '=', operationId).execute();
  await db.updateTable('operation_targets').set({ finished: true, active: false }).execute();
  await db.deleteFrom('outbox').execute();
  await db.updateTable('databases').set({ status: 'provisioned', provisioned_at: new Date() }).execute();
  await sql`
    INSERT INTO databases
    SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'handle', 'like-' || n, 'address_index', 10 + n))).*
    FROM databases one, generate_series(2, ${many}) n WHERE one.id = ${databaseId}`.execute(db);
};

const notDry = { dry_run: false, as_of: null };

const askForThoseDue = async (now: Date): Promise<number> => {
  const { control, store } = installation;
  const stores = { names: ['default'], open: () => store };
  const sweeps = backupSweeps({ control: { ...control, now: () => now }, stores, verificationEveryMs: dayMs });
  const { counts } = await sweeps['backup-schedule'](() => Promise.resolve(), new AbortController().signal, notDry);
  return counts.requested ?? 0;
};

describe(`${String(many)} databases whose backups are due at once`, () => {
  it('are asked for in lots, each once, and run as many at a time as may', async () => {
    const { db } = installation.control;
    await databases();
    const now = new Date();
    expect(await askForThoseDue(now)).toBe(0);
    const due = new Date(now.getTime() + 1.5 * dayMs);
    const lots: number[] = [];
    do lots.push(await askForThoseDue(due));
    while (lots.at(-1) !== 0);
    expect(lots.reduce((sum, lot) => sum + lot)).toBe(many);
    expect(Math.max(...lots)).toBeLessThanOrEqual(100);
    const { rows } = await sql`SELECT database_id FROM backups GROUP BY database_id HAVING count(*) = 1`.execute(db);
    expect(rows).toHaveLength(many);

    const wake = () => db.transaction().execute((tx) => takeDueWakeUps(tx, 200));
    const woken = await wake();
    expect(woken).toHaveLength(limit);
    expect(await wake()).toEqual([]);
    const waiting = await db.selectFrom('outbox').select('operation_id').where('dispatched_at', 'is', null).execute();
    const all = [...woken.map(({ operationId }) => operationId), ...waiting.map((row) => row.operation_id)];
    const claims = await Promise.all(all.slice(0, 40).map((id) => claimOperation(db, id, id, 60_000)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(limit);
    expect(await wake()).toEqual([]);
  }, 300_000);
});
