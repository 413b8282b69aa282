import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { backupSweeps, type BackupSweepKind } from '#operations/backup/sweeps.js';
import { verifyHistory } from '#operations/history/verify.js';
import type { AppProcess } from '../support/app-process.js';
import { askForSweep, endedSweep, letSweepLeaseRunOut } from '../support/asked-sweeps.js';
import { BackupSweepScenes } from '../support/backup-sweep-scenes.js';
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
afterEach(() => run.endVictims());

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
      const lost = await askForSweep(run.installation, kind);
      expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
      await letSweepLeaseRunOut(run.installation);
      living.push(await run.worker('sweep-worker'));
      expect((await endedSweep(run.installation, await askForSweep(run.installation, kind))).status).toBe('succeeded');
      expect((await endedSweep(run.installation, lost)).status).toBe('failed');
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
