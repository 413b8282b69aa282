import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { backupSweeps, type BackupSweepKind } from '#operations/backup/sweeps.js';
import { newId } from '#operations/control.js';
import { verifyHistory } from '#operations/history/verify.js';
import { findSweep, insertSweep, type SweepRow } from '#persistence/sweeps.js';
import type { AppProcess } from '../support/app-process.js';
import { BackupSweepScenes } from '../support/backup-sweep-scenes.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';

/** Of each sort of write one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'backup-schedule:asking',
  'retention:stray-removed',
  'discovery:adopted',
  'keys:manifest-written',
];
const patience = 180_000;
const everyMs = 86_400_000;
const notDry = { dry_run: false, as_of: null };
const signal = new AbortController().signal;

let run: FaultRun;
let scenes: BackupSweepScenes;
const living: AppProcess[] = [];
const undisturbed = new Map<BackupSweepKind, unknown>();

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_VERIFICATION_SWEEP_SECONDS: String(everyMs / 1000) });
  scenes = new BackupSweepScenes(run);
}, patience);
afterAll(() => run?.close(), patience);
afterEach(async () => {
  await Promise.all(living.splice(0).map((process) => process.end()));
  await scenes.forget();
}, patience);

const scene: Record<BackupSweepKind, () => Promise<void>> = {
  'backup-schedule': () => scenes.schedule(),
  retention: () => scenes.retention(),
  verification: () => scenes.verification(),
  discovery: () => scenes.discovery(),
  keys: () => scenes.keys(),
};

let newestKey = 1;
/** The next process that starts seals under a key of its own. */
const addMasterKey = (): Promise<void> => {
  const line = `${String(++newestKey)}:${randomBytes(32).toString('base64')}\n`;
  return appendFile(join(run.installation.home, 'master.key'), line);
};

/** What a sweep that nobody kills makes of the scene. */
const expected = async (kind: BackupSweepKind): Promise<unknown> => {
  if (undisturbed.has(kind)) return undisturbed.get(kind);
  await scene[kind]();
  if (kind === 'keys') await addMasterKey();
  const control = { ...run.installation.control, secrets: await scenes.secrets() };
  const sweeps = backupSweeps({ control, stores: run.engines.stores, verificationEveryMs: everyMs });
  await sweeps[kind](() => Promise.resolve(), signal, notDry);
  undisturbed.set(kind, await scenes.found());
  await scenes.forget();
  return undisturbed.get(kind);
};

const ask = async (kind: BackupSweepKind): Promise<string> => {
  const id = newId();
  await run.installation.control.db.transaction().execute((tx) => insertSweep(tx, id, kind, 'test'));
  return id;
};

const ended = (id: string): Promise<SweepRow> =>
  eventually(
    async () => {
      const row = await findSweep(run.installation.control.db, id);
      if (!row?.finished_at) throw new Error(`The sweep is ${row?.status ?? 'missing'}`);
      return row;
    },
    { withinMs: 60_000 },
  );

/** A dead worker's lease, as it is a minute later. */
const letLeaseRunOut = async (): Promise<void> => {
  await sql`UPDATE sweeps SET lease_expires_at = now() - interval '1 second' WHERE status = 'running'`.execute(
    run.installation.control.db,
  );
};

const kinds = Object.keys(scene) as BackupSweepKind[];
const points = (process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen).flatMap((point) => {
  const kind = kinds.find((one) => point.startsWith(`${one}:`));
  return kind ? [[point, kind] as const] : [];
});

describe('a sweep about backups whose worker dies is made whole by the next one, and nothing is done twice', () => {
  it.each(points)(
    '%s',
    async (point, kind) => {
      const wanted = await expected(kind);
      await scene[kind]();
      if (kind === 'keys') await addMasterKey();
      const victim = await run.victim('sweep-worker', point);
      living.push(victim);
      const lost = await ask(kind);
      expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await letLeaseRunOut();
      living.push(await run.worker('sweep-worker'));
      expect((await ended(await ask(kind))).status).toBe('succeeded');
      expect((await ended(lost)).status).toBe('failed');
      expect(await scenes.found()).toEqual(wanted);
      const { control, checkpoints } = run.installation;
      expect((await verifyHistory(control.db, checkpoints)).problems).toEqual([]);
    },
    patience,
  );
});

describe('what a sweep makes of a scene', () => {
  it.each([
    [
      'backup-schedule',
      { operations: Array(3).fill(expect.stringContaining('backup-snapshot')), alerts: 3, schedules: 4 },
    ],
    ['retention', { operations: Array(3).fill(expect.stringContaining('purge-backup')), objects: 1 }],
    ['verification', { operations: Array(4).fill(expect.stringContaining('verify-backup')) }],
    ['discovery', { events: Array(3).fill('backup.discovered 0'), objects: 6 }],
    ['keys', { sealed: [...Array(3).fill('envelope newest, as its manifest'), ...Array(6).fill('password newest')] }],
  ] as const)('%s', async (kind, made) => expect(await expected(kind)).toMatchObject(made), patience);
});
