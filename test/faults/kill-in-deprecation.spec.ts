import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { verifyHistory } from '#operations/history/verify.js';
import { pageNotices } from '#persistence/notices.js';
import { findSweep } from '#persistence/sweeps.js';
import type { AppProcess } from '../support/app-process.js';
import { askForSweep, endedSweep, letSweepLeaseRunOut } from '../support/asked-sweeps.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { listed, recordDatabases } from '../support/lifecycle.js';

/** For `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = ['deprecation:marked', 'deprecation:recorded'];
const points =
  process.env['HOLDFAST_TEST_FAULTS'] === 'all'
    ? faultPointNames.filter((point) => point.startsWith('deprecation:'))
    : chosen;
const patience = 60_000;
/** More than are changed in one transaction. */
const many = 700;

let run: FaultRun;
const living: AppProcess[] = [];

beforeAll(async () => {
  run = await FaultRun.open();
  const version = (name: string, more = {}) => ({ version: name, image: 'x', tlsProtocols: ['TLSv1.2'], ...more });
  const versions = [version('7.0', { eolAt: '2024-07', deprecatedAt: '2025-12' }), version('8.0', { default: true })];
  await writeFile(join(run.installation.home, 'catalogue.json'), JSON.stringify({ versions }));
}, patience);
afterAll(() => run.close(), patience);
afterEach(async () => {
  await Promise.all(living.splice(0).map((process) => process.end()));
  const { db } = run.installation.control;
  await sql`DELETE FROM notices`.execute(db);
  await sql`DELETE FROM lifecycle_marks`.execute(db);
  await sql`DELETE FROM databases`.execute(db);
}, patience);
afterEach(() => run.endVictims());

const started = async (process: Promise<AppProcess>): Promise<AppProcess> => {
  living.push(await process);
  return process;
};

/** Each of these databases has its mark, one notice and one entry of the history, and the chain holds. */
const expectTold = async (ids: readonly string[]): Promise<void> => {
  const { control, checkpoints } = run.installation;
  expect(await listed(control)).toHaveLength(ids.length);
  const notices = await pageNotices(control.db, {}, { limit: 10_000, after: undefined });
  expect(notices.map((notice) => notice.database_id).sort()).toEqual([...ids].sort());
  const { rows } = await sql<{ database_id: string }>`
    SELECT database_id FROM audit_events WHERE action = 'database.deprecated' AND database_id = ANY(${[...ids]}::uuid[])`.execute(
    control.db,
  );
  expect(rows.map((row) => row.database_id).sort()).toEqual([...ids].sort());
  expect((await verifyHistory(control.db, checkpoints)).problems).toEqual([]);
};

const record = (): Promise<string[]> =>
  recordDatabases(
    run.installation.control,
    Array.from({ length: many }, () => '7.0'),
  );

describe('a sweep whose worker dies is made whole by the next one, and says nothing twice', () => {
  it.each(points)(
    '%s',
    async (point) => {
      const ids = await record();
      const victim = await started(run.victim('sweep-worker', point));
      const lost = await askForSweep(run.installation, 'deprecation');
      expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await letSweepLeaseRunOut(run.installation);
      await started(run.worker('sweep-worker'));
      expect((await endedSweep(run.installation, await askForSweep(run.installation, 'deprecation'))).status).toBe(
        'succeeded',
      );
      expect((await endedSweep(run.installation, lost)).status).toBe('failed');
      await expectTold(ids);
    },
    patience,
  );
});

describe('a worker that stands still while another one sweeps', () => {
  it.each(['deprecation:marking', 'deprecation:recorded'] as const)(
    'at %s changes nothing and says nothing when it goes on',
    async (point) => {
      const ids = await record();
      const victim = await started(run.victim('sweep-worker', `stop:${point}`));
      const lost = await askForSweep(run.installation, 'deprecation');
      await eventually(
        async () => expect((await findSweep(run.installation.control.db, lost))?.status).toBe('running'),
        {
          withinMs: 10_000,
        },
      );
      await eventually(() => expect(victim.isStopped).toBe(true), { withinMs: 10_000 });
      await letSweepLeaseRunOut(run.installation);
      await started(run.worker('sweep-worker'));
      expect((await endedSweep(run.installation, await askForSweep(run.installation, 'deprecation'))).status).toBe(
        'succeeded',
      );
      victim.kill('SIGCONT');
      await endedSweep(run.installation, lost);
      await victim.end();
      await expectTold(ids);
    },
    patience,
  );
});
