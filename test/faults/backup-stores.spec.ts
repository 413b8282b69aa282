import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findOperation } from '#persistence/operations/read.js';
import type { AppProcess } from '../support/app-process.js';
import { BackupRun } from '../support/backup-run.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy, type Fault, type FaultRule } from '../support/faulty-proxy.js';
import { backup, finished, onBackup, verified } from '../support/requests.js';
import { S3Server, s3Credentials } from '../support/s3-server.js';

const patience = 180_000;
const keys = 20_000;
const command = promisify(execFile);

describe('a directory', () => {
  let run: BackupRun;
  let directory: string;
  let worker: AppProcess;
  const place = (): string => join(directory, 'place');
  const store = (): string => join(place(), 'store');

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-small-'));
    await mkdir(place());
    await command('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', place()]);
    await mkdir(store());
    run = await BackupRun.open({}, { stores: { first: { type: 'directory', path: store() } } });
    worker = await run.faults.worker('backup-worker');
    await run.fill(run.source, keys);
  }, patience);
  afterAll(async () => {
    await run?.close();
    await command('umount', [place()]);
    await rm(directory, { recursive: true });
  }, patience);

  it(
    'that is full in the middle fails the backup, with nothing left of it',
    async () => {
      const { backupId, operationId } = await backup(run.installation, run.source);
      expect(await finished(run.installation, operationId, patience)).toMatchObject({
        status: 'failed',
        error: { code: 'backup_store_full', leftBehind: [] },
      });
      expect(await run.row(backupId)).toMatchObject({ status: 'failed', manifest: null });
      await run.expectSound();
    },
    patience,
  );

  it.each(['nothing', 'an empty directory'])(
    'that goes in the middle is waited for with %s in its place, and the backup goes on when it is back',
    async (left) => {
      await command('mount', ['-o', 'remount,size=200m', place()]);
      const { backupId, operationId } = await backup(run.installation, run.source);
      await eventually(async () => expect(await run.faults.journal(operationId)).toEqual(['1: write running']), {
        withinMs: 20_000,
      });
      worker.kill('SIGSTOP');
      await rename(store(), `${store()}-away`);
      if (left !== 'nothing') await mkdir(store());
      worker.kill('SIGCONT');
      await eventually(
        async () =>
          expect(await findOperation(run.installation.control.db, operationId)).toMatchObject({
            status: 'waiting',
            attempt: 2,
            error: { code: 'backup_store_unreachable' },
          }),
        { withinMs: 60_000 },
      );
      if (left !== 'nothing') await rmdir(store());
      await rename(`${store()}-away`, store());
      await run.succeeded(operationId);
      expect(await run.row(backupId)).toMatchObject({ status: 'complete' });
      await verified(run.installation, backupId, patience);
      await eventually(() => run.expectSound(), { withinMs: 20_000 });
      await run.verifiedBackup();
    },
    patience,
  );
});

const put = ({ method }: IncomingMessage): boolean => method === 'PUT';
const get = ({ method, url }: IncomingMessage): boolean => method === 'GET' && (url ?? '').includes('.data');
const error = (status: number, code: string): Fault => ({ kind: 'answer', status, code });

describe('a bucket', () => {
  let run: BackupRun;
  let server: S3Server;
  let proxy: FaultyProxy;
  let standing: string;
  let secrets: string;

  beforeAll(async () => {
    server = await S3Server.start();
    proxy = await FaultyProxy.open(server.port);
    secrets = await mkdtemp(join(tmpdir(), 'holdfast-s3-secret-'));
    const secretAccessKeyFile = join(secrets, 'secret');
    await writeFile(secretAccessKeyFile, s3Credentials.secretAccessKey);
    const { accessKeyId } = s3Credentials;
    const place = { type: 's3', bucket: server.bucket, region: 'us-east-1', endpoint: proxy.endpoint };
    run = await BackupRun.open({}, { stores: { first: { ...place, accessKeyId, secretAccessKeyFile } } });
    await run.faults.worker('backup-worker');
    await run.fill(run.source, keys);
    standing = await run.verifiedBackup();
  }, patience);
  afterAll(async () => {
    await run?.close();
    await proxy.close();
    await server.close();
    await rm(secrets, { recursive: true });
  }, patience);

  const expectNothingHalf = async (): Promise<void> => {
    proxy.set(null);
    await run.expectSound();
    expect(await server.unfinished()).toEqual([]);
    expect(server.halves()).toEqual([]);
  };

  const writing: [string, FaultRule][] = [
    ['answers 500 for a while', { fault: error(500, 'InternalError'), times: 5 }],
    ['asks to slow down', { fault: error(503, 'SlowDown'), times: 4, only: put }],
    ['loses its answers', { fault: { kind: 'lose-answer' }, times: 3, only: put }],
    ['cuts what it is sent', { fault: { kind: 'cut-request', afterBytes: 300_000 }, times: 2, only: put }],
    ['gets other bytes than were sent', { fault: { kind: 'flip-request', at: 5000 }, times: 2, only: put }],
  ];
  it.each(writing)(
    'that %s has a whole backup in the end',
    async (_, rule) => {
      proxy.set(rule);
      const { backupId, operationId } = await backup(run.installation, run.source);
      await run.succeeded(operationId);
      proxy.set(null);
      await run.expectVerified(backupId);
      await expectNothingHalf();
    },
    patience,
  );

  it(
    'that goes in the middle and comes back has a whole backup in the end',
    async () => {
      const seen = proxy.seen.length;
      const { backupId, operationId } = await backup(run.installation, run.source);
      await eventually(() => expect(proxy.seen.slice(seen).some((one) => one.startsWith('PUT'))).toBe(true), {
        withinMs: 30_000,
      });
      await proxy.down();
      await eventually(
        async () => expect((await run.faults.journal(operationId)).join()).toMatch(/write (failed|interrupted)/),
        { withinMs: 60_000 },
      );
      await proxy.up();
      await run.succeeded(operationId);
      await run.expectVerified(backupId);
      await expectNothingHalf();
    },
    patience,
  );

  it(
    'that refuses fails the backup, with nothing left of it',
    async () => {
      proxy.set({ fault: error(403, 'AccessDenied'), only: put });
      const { operationId } = await backup(run.installation, run.source);
      expect(await finished(run.installation, operationId, patience)).toMatchObject({
        status: 'failed',
        error: { code: 'backup_store_refused' },
      });
      await expectNothingHalf();
    },
    patience,
  );

  const reading: [string, FaultRule][] = [
    ['with another bit', { fault: { kind: 'flip-answer', at: 700_000 }, times: 1, only: get }],
    ['cut', { fault: { kind: 'cut-answer', afterBytes: 700_000 }, times: 2, only: get }],
    ['too short', { fault: { kind: 'shorten-answer', afterBytes: 700_000 }, times: 2, only: get }],
  ];
  it.each(reading)(
    'that gives out a backup %s makes no database of it, but for one of the right data',
    async (_, rule) => {
      proxy.set(rule);
      const operationId = await onBackup(run.installation, standing, { type: 'restore', keepCredentials: false });
      const restore = await finished(run.installation, operationId, patience);
      proxy.set(null);
      if (restore.status === 'succeeded') {
        const databaseId = String(restore.receipt?.['databaseId']);
        await run.expectRestored(databaseId);
        await run.deprovision(databaseId);
      } else expect(restore).toMatchObject({ status: 'failed', error: { code: 'backup_corrupt', leftBehind: [] } });
      // One that was read wrong counts as failed until it is read right.
      await run.succeeded(await onBackup(run.installation, standing, { type: 'verify' }));
      await expectNothingHalf();
    },
    patience,
  );
});
