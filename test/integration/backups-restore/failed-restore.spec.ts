import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { planImport, requestImport } from '#operations/requests/request-import.js';
import { doorsOf } from '#persistence/doors.js';
import { findEnvironment } from '#persistence/environments.js';
import { findOperation, targetsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, databaseRow, onBackup, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

/** What stays of a restore or an import that came to nothing is what stays of such a provision (docs/adr/0007). */

const patience = 60_000;
let installation: FakeInstallation;
let backupId: string;

const run = async (operationId: string) => {
  await installation.runner().run(operationId);
  return findOperation(installation.control.db, operationId);
};
const subjectOf = async (operationId: string): Promise<string> =>
  (await targetsOf(installation.control.db, [operationId]))[0]?.database_id ?? '';

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { databaseId, operationId } = await create(installation, 'source');
  expect(await run(operationId)).toMatchObject({ status: 'succeeded' });
  const taken = await backup(installation, databaseId);
  expect(await run(taken.operationId)).toMatchObject({ status: 'succeeded' });
  backupId = taken.backupId;
  const verification = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await verification.execute()) await cancel(installation, id);
}, patience);
afterAll(() => installation.close());

const makes = {
  provision: async (handle: string) => (await create(installation, handle)).operationId,
  restore: (handle: string) => onBackup(installation, backupId, { type: 'restore', keepCredentials: false, handle }),
  import: async (handle: string): Promise<string> => {
    const { control } = installation;
    return control.db.transaction().execute(async (tx) => {
      const environment = await findEnvironment(tx, { name: 'default' });
      if (!environment) throw new Error('There is no environment "default"');
      const plan = await planImport(control, tx, environment, { handle, memoryMb: 64, diskGb: 1 });
      return (await requestImport(control, tx, 'test', plan, { sourceUrl: 'redis://127.0.0.1' })).operation.id;
    });
  },
} as const;

const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'taken',
    (error: unknown) => (error instanceof HoldfastError ? error.code : String(error)),
  );
const failing = async (operationId: string) => {
  installation.host.faults.failAll(new HoldfastError('disk_full', 'says the host'));
  const operation = await run(operationId);
  installation.host.faults.failAll(null);
  return operation;
};

describe.each(['provision', 'restore', 'import'] as const)('%s:', (kind) => {
  const make = makes[kind];

  it(
    'one that was cancelled frees handle, address and ports at once',
    async () => {
      const first = await make(`cancelled-${kind}`);
      await cancel(installation, first);
      expect(await databaseRow(installation, await subjectOf(first))).toMatchObject({ status: 'deprovisioned' });
      expect(await doorsOf(installation.control.db, [await subjectOf(first)])).toEqual([]);
      const second = await make(`cancelled-${kind}`);
      await cancel(installation, second);
    },
    patience,
  );

  it(
    'one that failed shows why, is retried where it can be, and gives the handle up with a deprovision',
    async () => {
      const handle = `failed-${kind}`;
      const first = await make(handle);
      expect(await failing(first)).toMatchObject({ status: 'failed', error: { code: expect.any(String) } });
      const databaseId = await subjectOf(first);
      expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provision_failed', handle });
      expect(await refusal(make(handle))).toBe('handle_taken');
      const { control } = installation;
      const retry = control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', first));
      if (kind === 'import') expect(await refusal(retry)).toBe('import_not_retryable');
      else await cancel(installation, (await retry).id);
      expect(await run(await request(installation, databaseId, 'deprovision'))).toMatchObject({ status: 'succeeded' });
      const again = await make(handle);
      if (kind !== 'import') {
        expect(await run(again)).toMatchObject({ status: 'succeeded' });
        expect(await databaseRow(installation, await subjectOf(again))).toMatchObject({
          status: 'provisioned',
          handle,
        });
      } else await cancel(installation, again);
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );
});
