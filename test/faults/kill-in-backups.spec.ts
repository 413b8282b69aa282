import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { targetsOf } from '#persistence/operations/read.js';
import type { OperationRow } from '#persistence/tables.js';
import type { AppName, AppProcess } from '../support/app-process.js';
import { BackupRun } from '../support/backup-run.js';
import { leaveContainer } from '../support/left-container.js';
import { backup, finished, onBackup } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'backup-snapshot:ending',
  'backup:data-stored',
  'backup:manifest-stored',
  'verify-backup:load:acted',
  'copy-backup:write:acted',
  'purge-backup:mark:acted',
  'purge:objects-removed',
  'restore:load:acted',
  'restore:check:begun',
  'deprovision:final-backup:acted',
];
const points = process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen;
const starting = (...prefixes: string[]): FaultPointName[] =>
  points.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));

const perPoint = 120_000;
let run: BackupRun;
let counter = 0;
const living: AppProcess[] = [];

/** None of a group may be chosen. */
const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const worker = async (app: AppName = 'backup-worker'): Promise<void> => void living.push(await run.faults.worker(app));
const endAll = async (): Promise<void> => void (await Promise.all(living.splice(0).map((process) => process.end())));

beforeAll(async () => {
  run = await BackupRun.open({ HOLDFAST_LEASE_SECONDS: '1' });
}, perPoint);
afterAll(() => run?.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.faults.endVictims());

/** The victims die one after the other where they were told to, another worker goes on, and the operation ends. */
const outlives = async (
  asked: () => Promise<string>,
  deaths: readonly FaultPointName[],
  app: AppName = 'backup-worker',
): Promise<OperationRow> => {
  let operationId: string | null = null;
  for (const point of deaths) {
    const victim = await run.faults.victim(app, point);
    operationId ??= await asked();
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  }
  await worker(app);
  const operation = await finished(run.installation, operationId ?? '', perPoint);
  await run.faults.expectSaneJournal(operation.id);
  return operation;
};

/** A backup that is verified, and nobody at work on it. */
const newBackup = async (): Promise<string> => {
  await worker();
  const backupId = await run.verifiedBackup();
  await endAll();
  return backupId;
};
let standing: string | null = null;
const standingBackup = async (): Promise<string> => (standing ??= await newBackup());

/** What an earlier attempt has left must be there for the step that removes it. */
const deathsFor = (point: FaultPointName): FaultPointName[] =>
  point.includes(':tidy:') ? ['backup:data-stored', point] : [point];

const halves = starting('backup:');

describe('a worker that dies leaves a backup that another one completes', () => {
  atEach([...starting('backup-snapshot:'), ...halves], async (point) => {
    let backupId = '';
    const ask = async (): Promise<string> => {
      const asked = await backup(run.installation, run.source);
      backupId = asked.backupId;
      return asked.operationId;
    };
    expect(await outlives(ask, deathsFor(point))).toMatchObject({ status: 'succeeded', error: null });
    await run.expectVerified(backupId);
    await run.expectSound();
  });
});

describe('a worker that dies leaves a verification that another one completes', () => {
  atEach(starting('verify-backup:'), async (point) => {
    const backupId = await standingBackup();
    const ask = (): Promise<string> => onBackup(run.installation, backupId, { type: 'verify' });
    expect(await outlives(ask, [point])).toMatchObject({ status: 'succeeded', receipt: { verification: 'verified' } });
    await run.expectSound();
  });
});

describe('a worker that dies leaves a copy that another one completes', () => {
  atEach([...starting('copy-backup:'), ...halves], async (point) => {
    const backupId = await newBackup();
    const ask = (): Promise<string> => onBackup(run.installation, backupId, { type: 'copy', store: 'second' });
    const { status, receipt } = await outlives(ask, deathsFor(point));
    expect({ status, receipt }).toMatchObject({ status: 'succeeded', receipt: { copyOf: backupId, store: 'second' } });
    await run.expectSound();
    await run.expectRestores(String(receipt?.['backupId']));
  });
});

describe('a worker that dies leaves a purge that another one completes, of the copies too', () => {
  atEach(starting('purge-backup:', 'purge:'), async (point) => {
    await worker();
    const backupId = await run.verifiedBackup();
    const copied = await finished(
      run.installation,
      await onBackup(run.installation, backupId, { type: 'copy', store: 'second' }),
    );
    await endAll();
    const ask = (): Promise<string> => onBackup(run.installation, backupId, { type: 'purge', confirm: backupId });
    expect(await outlives(ask, [point])).toMatchObject({ status: 'succeeded' });
    for (const id of [backupId, String(copied.receipt?.['backupId'])])
      expect(await run.row(id)).toMatchObject({ status: 'purged', envelope: null });
    await run.expectSound();
  });
});

/** Doors of a server that was started just now are open: an attempt opens them by themselves after one that died there. */
const deathsOfRestore = (point: FaultPointName): FaultPointName[] =>
  point.includes(':open-doors:') ? ['restore:check:acted', point] : [point];

describe('a worker that dies leaves a restore that another one completes', () => {
  atEach(
    starting('restore:').filter((point) => !point.startsWith('restore:remove:')),
    async (point) => {
      const backupId = await standingBackup();
      const ask = (): Promise<string> =>
        onBackup(run.installation, backupId, { type: 'restore', keepCredentials: false });
      const restored = await outlives(ask, deathsOfRestore(point));
      expect(restored).toMatchObject({ status: 'succeeded', error: null });
      await run.expectRestored(String(restored.receipt?.['databaseId']));
      await run.expectSound();
      await run.deprovision(String(restored.receipt?.['databaseId']));
    },
  );
});

describe('a worker that dies leaves a restore that another one completes over the container of an operation that failed', () => {
  atEach(starting('restore:remove:'), async (point) => {
    const backupId = await standingBackup();
    const operationId = await onBackup(run.installation, backupId, { type: 'restore', keepCredentials: false });
    const [target] = await targetsOf(run.installation.control.db, [operationId]);
    const databaseId = target?.database_id ?? '';
    await leaveContainer(run.installation, databaseId);
    const restored = await outlives(() => Promise.resolve(operationId), [point]);
    expect(restored).toMatchObject({ status: 'succeeded', error: null });
    await run.expectRestored(databaseId);
    await run.expectSound();
    await run.deprovision(databaseId);
  });
});

describe('a worker that dies leaves a deprovision that another one completes, with its final backup', () => {
  atEach([...starting('deprovision:final-backup:'), ...halves], async (point) => {
    const databaseId = await run.provision(`final-${++counter}`);
    await worker();
    const ask = (): Promise<string> => run.askForDeprovision(databaseId);
    await run.resting(async () => {
      const { status, receipt } = await outlives(ask, [point], 'lifecycle-worker');
      expect(status).toBe('succeeded');
      await run.expectVerified(String(receipt?.['backupId']));
    });
    await run.expectSound();
  });
});
