import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { volumeName } from '#domain/server/names.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { targetsOf } from '#persistence/operations/read.js';
import type { OperationRow } from '#persistence/tables.js';
import { BackupRun } from '../support/backup-run.js';
import { eventually } from '../support/eventually.js';
import { docker } from '../support/host.js';
import { databaseRow, finished, onBackup } from '../support/requests.js';

const patience = 300_000;
const execute = promisify(execFile);
let run: BackupRun;
let backupId: string;

beforeAll(async () => {
  run = await BackupRun.open({ HOLDFAST_LEASE_SECONDS: '1' });
  const worker = await run.faults.worker('backup-worker');
  backupId = await run.verifiedBackup();
  await worker.end();
}, patience);
afterAll(() => run?.close(), patience);

/** A disk of 1 MB at this path of the new database's volume, from the moment before the data are put in until only the volume is left. */
const restoreOnto = async (path: string): Promise<{ databaseId: string; operation: OperationRow }> => {
  const { faults, installation } = run;
  const first = await faults.victim('backup-worker', 'restore:create:recorded');
  const operationId = await onBackup(installation, backupId, { type: 'restore', keepCredentials: false });
  await first.exited;
  const databaseId = (await targetsOf(installation.control.db, [operationId]))[0]?.database_id ?? '';
  const volume = volumeName(installation.control.installation, databaseId);
  const place = join(await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume), path);
  await execute('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place]);
  const second = await faults.victim('backup-worker', 'stop:compensation:container-removed');
  try {
    await eventually(() => expect(second.isStopped).toBe(true), { withinMs: 120_000 });
  } finally {
    await execute('umount', [place]);
  }
  second.kill('SIGCONT');
  const operation = await finished(installation, operationId, 60_000);
  await second.end();
  return { databaseId, operation };
};

/** Root alone may mount. */
const withDisk = process.getuid?.() === 0 ? describe : describe.skip;

withDisk('a restore onto a disk without room for the data', () => {
  it.each([
    ['sees it before it writes', '.', /^The data take [\d.]+ MB; the disk .* has [\d.]+ MB free\.$/],
    // As where the worker does not see the disk: it looks at that of the volume, and another one lies below it.
    ['is told by the kernel', 'data', /no space left on device/],
  ])(
    '%s; nothing of it stays, and it is retried when there is room',
    async (_, path, detail) => {
      const { databaseId, operation } = await restoreOnto(path);
      expect(operation).toMatchObject({
        status: 'failed',
        error: { code: 'disk_full', detail: expect.stringMatching(detail), leftBehind: [] },
      });
      expect(operation.error?.remedy).toContain('Free disk space on the host');
      expect(await databaseRow(run.installation, databaseId)).toMatchObject({ status: 'provision_failed' });
      expect(await run.row(backupId)).toMatchObject({ status: 'complete', verification: 'verified' });
      await run.expectSound();
      const { control } = run.installation;
      const again = await control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', operation.id));
      const worker = await run.faults.worker('backup-worker');
      await run.succeeded(again.id);
      await run.expectRestored(databaseId);
      await worker.end();
      await run.deprovision(databaseId);
    },
    patience,
  );
});
