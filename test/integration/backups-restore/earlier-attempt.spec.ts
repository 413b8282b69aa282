import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { findBackup } from '#persistence/backups.js';
import { targetsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create, finished, onBackup } from '../../support/requests.js';
import { byHand, containerOf } from '../../support/sweeps.js';

const patience = 60_000;
let installation: FakeInstallation;
let backupId: string;
const run = (operationId: string) => installation.runner().run(operationId);

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { databaseId, operationId } = await create(installation, 'source');
  expect(await run(operationId)).toEqual({ kind: 'done' });
  await byHand(installation, databaseId, [['SET', 'a', '1']]);
  const taken = await backup(installation, databaseId);
  expect(await run(taken.operationId)).toEqual({ kind: 'done' });
  backupId = taken.backupId;
}, patience);
afterAll(() => installation.close());

describe('a restore that goes on where an earlier attempt had a server running', () => {
  it.each([
    ['that keeps its data in memory only, and has come back empty', 'none', 'restarts'],
    ['that was written to', 'aof', 'is written to'],
  ] as const)(
    '%s: makes it anew, and does not blame the backup',
    async (_what, persistence, fate) => {
      const wanted = { type: 'restore', keepCredentials: false, persistence, handle: `again-${persistence}` } as const;
      const operationId = await onBackup(installation, backupId, wanted);
      const restoredId = (await targetsOf(installation.control.db, [operationId]))[0]?.database_id ?? '';
      installation.edge.faults.failAll(new HoldfastError('edge_unreachable', 'says the test'));
      expect(await run(operationId)).toMatchObject({ kind: 'retry' });
      installation.edge.faults.failAll(null);
      if (fate === 'restarts') installation.host.killProcess(containerOf(installation, restoredId));
      else await byHand(installation, restoredId, [['SET', 'more', '1']]);
      expect(await run(operationId)).toMatchObject({ kind: 'retry' });
      expect(await run(operationId)).toEqual({ kind: 'done' });
      expect(await finished(installation, operationId)).toMatchObject({ status: 'succeeded' });
      expect((await findBackup(installation.control.db, backupId))?.verification).toBe('unverified');
    },
    patience,
  );
});
