import { execFile } from 'node:child_process';
import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { containerName, volumeName } from '#domain/server/names.js';
import { BackupRun } from '../support/backup-run.js';
import { eventually } from '../support/eventually.js';
import { docker, stateOf } from '../support/host.js';
import { backup } from '../support/requests.js';

const patience = 180_000;
const execute = promisify(execFile);
let run: BackupRun;

beforeAll(async () => {
  run = await BackupRun.open();
  await run.faults.worker('backup-worker');
}, patience);
afterAll(() => run?.close(), patience);

/** The data of a database on a small disk of their own, while `work` runs. What was written meanwhile goes with the disk. */
const onSmallDisk = async (databaseId: string, work: (path: string) => Promise<void>): Promise<void> => {
  const { installation } = run.installation.control;
  const container = containerName(installation, databaseId);
  const path = await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volumeName(installation, databaseId));
  await docker('stop', container);
  await execute('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', path]);
  try {
    // Below the mount lies what the volume had: a second look at its file system shows it.
    await execute('sh', [
      '-c',
      'd=$(mktemp -d) && mount --bind "$(dirname "$0")" "$d" && cp -a "$d/_data/." "$0/"; code=$?; umount "$d"; rmdir "$d"; exit $code',
      path,
    ]);
    await docker('start', container);
    await work(path);
  } finally {
    await docker('stop', '--time', '2', container);
    await execute('umount', [path]);
    await docker('start', container);
  }
};

/** A server that cannot write its log any more says so, and takes nothing that it would lose. */
const expectRefused = (databaseId: string): Promise<void> =>
  expect(run.send(databaseId, 'SET', 'more', 'x'.repeat(10_000))).rejects.toThrow('MISCONF');

/** Root alone may mount. */
const withDisk = process.getuid?.() === 0 ? describe : describe.skip;

withDisk('a backup of a database whose disk is full', () => {
  it.each(['aof', 'rdb'])(
    'holds all that the server has, and does not disturb it, with persistence %s',
    async (persistence) => {
      const databaseId = await run.provision(`full-${persistence}`, { persistence });
      await run.fill(databaseId, 2000);
      await onSmallDisk(databaseId, async (path) => {
        const container = containerName(run.installation.control.installation, databaseId);
        await eventually(() => run.send(databaseId, 'PING'), { withinMs: 20_000 });
        const filler = join(path, 'filler');
        await expect(writeFile(filler, Buffer.alloc(64 * 1024 ** 2))).rejects.toMatchObject({ code: 'ENOSPC' });
        if (persistence === 'aof') await eventually(() => expectRefused(databaseId), { withinMs: 20_000 });
        const before = await stateOf(container);
        const { backupId, operationId } = await backup(run.installation, databaseId);
        await run.succeeded(operationId);
        await run.expectVerified(backupId);
        expect(await stateOf(container)).toEqual(before);
        await rm(filler);
        await eventually(() => run.send(databaseId, 'SET', 'more', 'again'), { withinMs: 60_000 });
        const restored = await run.restore(backupId);
        expect(await run.send(restored, 'GET', 'key:2000')).toEqual(await run.send(run.source, 'GET', 'key:2000'));
        await run.deprovision(restored);
      });
      await eventually(() => run.expectSound(), { withinMs: 20_000 });
      await run.deprovision(databaseId);
    },
    patience,
  );
});
