import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { planImport, requestImport } from '#operations/requests/request-import.js';
import { requestRename } from '#operations/requests/request-rename.js';
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
/** At its first look, so that nothing was made. */
const failing = (operationId: string) => {
  installation.host.faults.failNext('inspectContainer', new HoldfastError('disk_full', 'says the host'));
  return run(operationId);
};
const retry = (operationId: string) => {
  const { control } = installation;
  return control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', operationId));
};
const givenUp = async (databaseId: string): Promise<unknown[]> =>
  (
    await sql`SELECT body::jsonb -> 'detail' AS detail FROM audit_events
      WHERE action = 'database.given-up' AND database_id = ${databaseId}`.execute(installation.control.db)
  ).rows;

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
    'one that failed shows why, and gives its handle up to whoever asks for it anew',
    async () => {
      const handle = `failed-${kind}`;
      const first = await make(handle);
      expect(await failing(first)).toMatchObject({ status: 'failed', error: { leftBehind: [] } });
      const failed = await subjectOf(first);
      expect(await databaseRow(installation, failed)).toMatchObject({ status: 'provision_failed', handle });
      const again = await make(handle);
      expect(await databaseRow(installation, failed)).toMatchObject({ status: 'deprovisioned', handle });
      expect(await doorsOf(installation.control.db, [failed])).toEqual([]);
      expect(await givenUp(failed)).toEqual([{ detail: { handle, inFavourOf: await subjectOf(again) } }]);
      expect(await refusal(retry(first))).toBe('database_not_ready');
      expect(await refusal(make(handle))).toBe('handle_taken');
      if (kind === 'import') await cancel(installation, again);
      else expect(await run(again)).toMatchObject({ status: 'succeeded' });
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );

  it(
    'of many who ask for the handle of one that failed at once, one gets it',
    async () => {
      const handle = `contested-${kind}`;
      const first = await make(handle);
      await failing(first);
      const asked = Array.from({ length: 5 }, () => make(handle));
      const answers = await Promise.all(asked.map(refusal));
      expect(answers.sort()).toEqual([...Array<string>(4).fill('handle_taken'), 'taken']);
      await cancel(installation, await Promise.any(asked));
      expect(await givenUp(await subjectOf(first))).toHaveLength(1);
    },
    patience,
  );
});

describe.each(['provision', 'restore'] as const)('%s:', (kind) => {
  const make = makes[kind];

  it(
    'one that failed and could not remove what it made keeps its handle until a deprovision',
    async () => {
      const handle = `left-${kind}`;
      const first = await make(handle);
      installation.host.faults.failNext('startContainer', new HoldfastError('disk_full', 'says the host'));
      for (const part of ['ensureContainerAbsent', 'ensureVolumeAbsent'] as const)
        installation.host.faults.failNext(part, new HoldfastError('engine_error', 'made up'));
      const failed = await run(first);
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'disk_full' } });
      expect(failed?.error?.leftBehind).toHaveLength(2);
      const databaseId = await subjectOf(first);
      expect(await refusal(make(handle))).toBe('handle_taken');
      // A retry that fails before it has made anything removes nothing of what is left.
      expect(await failing((await retry(first)).id)).toMatchObject({ error: { leftBehind: [] } });
      expect(await refusal(make(handle))).toBe('handle_taken');
      expect(await run(await request(installation, databaseId, 'deprovision'))).toMatchObject({ status: 'succeeded' });
      const again = await make(handle);
      expect(await run(again)).toMatchObject({ status: 'succeeded' });
      expect(await givenUp(databaseId)).toEqual([]);
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );

  it(
    'one that failed and is retried keeps its handle, before a worker has begun with it and when it has come to be',
    async () => {
      const handle = `retried-${kind}`;
      const first = await make(handle);
      await failing(first);
      const { id } = await retry(first);
      expect(await refusal(make(handle))).toBe('handle_taken');
      expect(await run(id)).toMatchObject({ status: 'succeeded' });
      expect(await refusal(make(handle))).toBe('handle_taken');
      expect(await databaseRow(installation, await subjectOf(first))).toMatchObject({ status: 'provisioned', handle });
    },
    patience,
  );
});

it(
  'a rename takes the handle of one that failed as well',
  async () => {
    const [{ operationId, databaseId }, failed] = [await create(installation, 'old'), await makes.provision('wanted')];
    expect(await run(operationId)).toMatchObject({ status: 'succeeded' });
    await failing(failed);
    const { control } = installation;
    await control.db
      .transaction()
      .execute(async (tx) => requestRename(control, tx, 'test', await databaseRow(installation, databaseId), 'wanted'));
    expect(await databaseRow(installation, databaseId)).toMatchObject({ handle: 'wanted' });
    expect(await databaseRow(installation, await subjectOf(failed))).toMatchObject({ status: 'deprovisioned' });
  },
  patience,
);
