import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProcessEnd } from '#domain/server/process-end.js';
import { findBackup } from '#persistence/backups.js';
import { logOf, findOperation, targetsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, databaseRow, onBackup } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';
import { byHand, containerOf } from '../../support/sweeps.js';

/** A server that ends while it loads what a backup holds: once may be chance, three times are the answer. */

const patience = 60_000;
const itself: ProcessEnd = { exitCode: 1, outOfMemory: false };
const outOfMemory: ProcessEnd = { exitCode: 137, outOfMemory: true };
const killed: ProcessEnd = { exitCode: 137, outOfMemory: false };
const stopped: ProcessEnd = { exitCode: 0, outOfMemory: false };
let installation: FakeInstallation;
let backupId: string;

const run = async (operationId: string) => {
  await installation.runner().run(operationId);
  return findOperation(installation.control.db, operationId);
};
const logged = async (operationId: string): Promise<string> =>
  (await logOf(installation.control.db, operationId, '0', 100)).map(({ message }) => message).join('\n');

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { databaseId, operationId } = await create(installation, 'source');
  expect(await run(operationId)).toMatchObject({ status: 'succeeded' });
  await byHand(installation, databaseId, [['SET', 'key', 'value']]);
  const taken = await backup(installation, databaseId);
  expect(await run(taken.operationId)).toMatchObject({ status: 'succeeded' });
  backupId = taken.backupId;
  // The one that a new backup asks for itself.
  const { db } = installation.control;
  const queued = await db.selectFrom('operations').select('id').where('status', '=', 'queued').execute();
  for (const { id } of queued) await cancel(installation, id);
}, patience);
afterAll(() => installation.close());

describe('a restore', () => {
  const restore = async (handle: string, ends: readonly ProcessEnd[]) => {
    const { host } = installation;
    host.loadingEnds.push(...ends);
    const wanted = { type: 'restore', keepCredentials: false, handle } as const;
    const operationId = await onBackup(installation, backupId, wanted);
    const operation = await run(operationId);
    const databaseId = (await targetsOf(installation.control.db, [operationId]))[0]?.database_id ?? '';
    return { operation, databaseId, operationId, left: host.loadingEnds.splice(0).length };
  };

  it.each([
    ['cannot read them', itself, 'by itself, with exit code 1'],
    ['has no memory for them', outOfMemory, 'because the kernel killed it'],
    ['is killed each time', killed, 'because somebody killed it'],
  ])(
    'of data whose server %s fails for good after three ends, and says so',
    async (what, end, how) => {
      const { operation, databaseId, operationId, left } = await restore(`never-${what.split(' ')[0] ?? ''}`, [
        ...[end, end, end, end],
      ]);
      expect(operation).toMatchObject({
        ...{ status: 'failed', attempt: 1 },
        error: {
          code: 'data_not_loaded',
          detail: expect.stringContaining(`ended 3 times while it loaded the data, the last time ${how}`),
          remedy: expect.stringContaining('--container-size'),
          leftBehind: [],
        },
      });
      expect(left).toBe(1);
      expect(await logged(operationId)).toContain('Internal error in RDB reading');
      expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provision_failed' });
      // Another version, or more memory, may load it.
      expect((await findBackup(installation.control.db, backupId))?.verification).toBe('unverified');
      expect((await complaints(looked(installation))).join()).toBe('');
    },
    patience,
  );

  it(
    'goes on with a server that ends twice and then loads, and the engine restarts it from then on',
    async () => {
      const { operation, databaseId, left } = await restore('at-last', [outOfMemory, itself]);
      expect([operation?.status, operation?.attempt, left]).toEqual(['succeeded', 1, 0]);
      expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provisioned' });
      const owner = { installation: installation.control.installation, subject: databaseId };
      const name = containerOf(installation, databaseId);
      const container = await installation.host.inspectContainer(name, owner, AbortSignal.timeout(5_000));
      expect(container).toMatchObject({ state: 'running', restartPolicy: 'unless-stopped' });
    },
    patience,
  );

  it(
    'of which somebody stops the server is tried again, and blames nothing',
    async () => {
      const { operation, operationId } = await restore('stopped', [stopped]);
      expect(operation).toMatchObject({ status: 'waiting', error: { code: 'server_not_ready' } });
      expect(await run(operationId)).toMatchObject({ status: 'succeeded', attempt: 2 });
    },
    patience,
  );
});

describe('a verification', () => {
  const verify = async (...ends: readonly ProcessEnd[]) => {
    installation.host.loadingEnds.push(...ends);
    const operation = await run(await onBackup(installation, backupId, { type: 'verify' }));
    installation.host.loadingEnds.length = 0;
    const row = await findBackup(installation.control.db, backupId);
    return { operation, verification: row?.verification, detail: row?.verification_detail };
  };
  const failed = { status: 'failed', attempt: 1, error: { code: 'data_not_loaded', leftBehind: [] } };

  it.each([
    ['without memory for the data', [outOfMemory, outOfMemory, outOfMemory]],
    ['that was killed', [killed, killed, killed]],
    ['that had no memory once', [itself, outOfMemory, itself]],
  ])(
    'in a server %s fails, and the backup is no worse for it',
    async (_, ends) => {
      const { operation, verification } = await verify(...ends);
      expect(operation).toMatchObject(failed);
      expect(verification).toBe('unverified');
      expect((await complaints(looked(installation))).join()).toBe('');
    },
    patience,
  );

  it(
    'of which somebody stops the server is tried again',
    async () => {
      const { operation, verification } = await verify(stopped);
      expect(operation).toMatchObject({ status: 'waiting', error: { code: 'server_not_ready' } });
      expect(verification).toBe('unverified');
      await cancel(installation, operation?.id ?? '');
      expect(await run(operation?.id ?? '')).toMatchObject({ status: 'cancelled' });
    },
    patience,
  );

  it(
    'in a server that ends itself over the data each time says that the backup does not restore',
    async () => {
      const { operation, verification, detail } = await verify(itself, itself, itself);
      expect(operation).toMatchObject(failed);
      expect([verification, detail]).toEqual(['failed', operation?.error?.detail]);
      await expect(onBackup(installation, backupId, { type: 'restore', keepCredentials: false })).rejects.toMatchObject(
        { code: 'backup_unrestorable' },
      );
    },
    patience,
  );
});
