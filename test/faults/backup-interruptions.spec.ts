import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultPointName } from '#observability/fault-points.js';
import type { AppProcess } from '../support/app-process.js';
import { BackupRun } from '../support/backup-run.js';
import { eventually } from '../support/eventually.js';
import { backup, cancel, databaseRow, finished, onBackup } from '../support/requests.js';
import { sweepStores } from '../support/store-soundness.js';

const patience = 120_000;
/** For `npm test` the first of each sort; HOLDFAST_TEST_FAULTS=all runs through them all. */
const some = <Case>(cases: readonly Case[], most = 1): readonly Case[] =>
  process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? cases : cases.filter((_, index) => index % 3 === 0).slice(0, most);
const largeKeys = 30_000;
let run: BackupRun;
let standing: string;
const living: AppProcess[] = [];

const worker = async (): Promise<AppProcess> => {
  const started = await run.faults.worker('backup-worker');
  living.push(started);
  return started;
};
const stopping = async (point: FaultPointName): Promise<AppProcess> => {
  const started = await run.faults.victim('backup-worker', `stop:${point}`);
  living.push(started);
  return started;
};
const endAll = async (): Promise<void> => void (await Promise.all(living.splice(0).map((process) => process.end())));

const isStopped = ({ pid }: AppProcess): Promise<void> =>
  eventually(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') T '), { withinMs: 60_000 });

beforeAll(async () => {
  run = await BackupRun.open({ HOLDFAST_LEASE_SECONDS: '2' });
  await worker();
  await run.fill(run.source, largeKeys);
  standing = await run.verifiedBackup();
  await endAll();
}, patience);
afterAll(() => run?.close(), patience);
afterEach(endAll, patience);

const reaches = (operationId: string, step: string): Promise<void> =>
  eventually(async () => expect((await run.faults.journal(operationId)).join()).toContain(step), { withinMs: 60_000 });

describe('a backup worker that is asked to end', () => {
  it(
    'releases a snapshot in the middle, and another one takes it without waiting for the lease',
    async () => {
      const first = await run.installation.start('backup-worker', { HOLDFAST_LEASE_SECONDS: '600' });
      const { backupId, operationId } = await backup(run.installation, run.source);
      await reaches(operationId, 'write running');
      first.kill('SIGTERM');
      expect(await first.exited).toEqual({ code: 0, signal: null });
      await worker();
      expect(await finished(run.installation, operationId, patience)).toMatchObject({
        status: 'succeeded',
        attempt: 2,
      });
      expect((await run.faults.journal(operationId))[0]).toMatch(/write interrupted$/);
      await run.expectVerified(backupId);
      await run.expectSound();
    },
    patience,
  );
});

/** Of what runs when it is cancelled: how it is asked for, and where it stands. */
const cancelled: [string, FaultPointName, () => Promise<string>][] = [
  ['a verification', 'verify-backup:create:begun', () => onBackup(run.installation, standing, { type: 'verify' })],
  ['a verification', 'verify-backup:load:begun', () => onBackup(run.installation, standing, { type: 'verify' })],
  ['a verification', 'verify-backup:start:begun', () => onBackup(run.installation, standing, { type: 'verify' })],
  ['a snapshot', 'backup:data-stored', async () => (await backup(run.installation, run.source)).operationId],
  ['a snapshot', 'backup:manifest-stored', async () => (await backup(run.installation, run.source)).operationId],
  ['a snapshot', 'backup-snapshot:write:begun', async () => (await backup(run.installation, run.source)).operationId],
  ['a copy', 'backup:data-stored', () => onBackup(run.installation, standing, { type: 'copy', store: 'second' })],
  ['a restore', 'restore:load:begun', () => restore()],
  ['a restore', 'restore:create:begun', () => restore()],
  ['a restore', 'restore:check:begun', () => restore()],
];
const restore = (): Promise<string> =>
  onBackup(run.installation, standing, { type: 'restore', keepCredentials: false });

describe('a cancel', () => {
  it.each(some(cancelled, 4))(
    'of %s at %s leaves nothing',
    async (_, point, ask) => {
      const first = await stopping(point);
      const operationId = await ask();
      await isStopped(first);
      await cancel(run.installation, operationId);
      first.kill('SIGCONT');
      await worker();
      expect(await finished(run.installation, operationId, patience)).toMatchObject({ status: 'cancelled' });
      await run.settled();
      await run.expectSound();
      expect(await run.row(standing)).toMatchObject({ status: 'complete', verification: 'verified' });
    },
    patience,
  );
});

const taken = async (): Promise<[backupId: string, operationId: string]> => {
  const { backupId, operationId } = await backup(run.installation, run.source);
  return [backupId, operationId];
};

describe('a backup worker that stands still for longer than its lease', () => {
  it.each(
    some<FaultPointName>([
      'backup:data-stored',
      'backup-snapshot:write:begun',
      'backup:manifest-stored',
      'backup-snapshot:record:begun',
    ]),
  )(
    'at %s does no damage to the backup that another one has completed meanwhile',
    async (point) => {
      const still = await stopping(point);
      const [backupId, operationId] = await taken();
      await isStopped(still);
      await worker();
      await run.succeeded(operationId);
      await run.expectVerified(backupId);
      const complete = await run.row(backupId);
      still.kill('SIGCONT');
      await still.end();
      expect(await run.row(backupId)).toEqual(complete);
      await sweepStores({ control: run.installation.control, stores: run.faults.engines.stores });
      await run.expectSound();
      await run.succeeded(await onBackup(run.installation, backupId, { type: 'verify' }));
    },
    patience,
  );

  it(
    'in the middle of a stream does no damage either',
    async () => {
      const still = await worker();
      const [backupId, operationId] = await taken();
      await reaches(operationId, 'write running');
      still.kill('SIGSTOP');
      await worker();
      await run.succeeded(operationId);
      await run.expectVerified(backupId);
      still.kill('SIGCONT');
      await still.end();
      await run.expectSound();
      await run.succeeded(await onBackup(run.installation, backupId, { type: 'verify' }));
    },
    patience,
  );

  it.each(
    some<FaultPointName>(['verify-backup:create:begun', 'verify-backup:load:begun', 'verify-backup:compare:acted']),
  )(
    'at %s leaves no throw-away server behind the back of the one that has finished',
    async (point) => {
      const still = await stopping(point);
      const operationId = await onBackup(run.installation, standing, { type: 'verify' });
      await isStopped(still);
      await worker();
      await run.succeeded(operationId);
      still.kill('SIGCONT');
      await still.end();
      await run.expectSound();
    },
    patience,
  );

  it(
    'at the removal of a purge, which another one has ended, removes nothing else',
    async () => {
      await worker();
      const backupId = await run.verifiedBackup();
      await endAll();
      const still = await stopping('purge:objects-removed');
      const operationId = await onBackup(run.installation, backupId, { type: 'purge', confirm: backupId });
      await isStopped(still);
      await worker();
      await run.succeeded(operationId);
      still.kill('SIGCONT');
      await still.end();
      expect(await run.row(backupId)).toMatchObject({ status: 'purged' });
      expect(await databaseRow(run.installation, run.source)).toMatchObject({ status: 'provisioned' });
      await run.expectSound();
    },
    patience,
  );
});
