import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { findOperation } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
afterEach(() => {
  installation.store.faults.failAll(null);
  installation.host.faults.failAll(null);
});

const run = (operationId: string) => installation.runner().run(operationId);
const statusOf = async (databaseId: string) => (await databaseRow(installation, databaseId)).status;

const provisioned = async (handle: string): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle);
  expect(await run(operationId)).toEqual({ kind: 'done' });
  return databaseId;
};

/** With a final backup. */
const ask = async (databaseId: string): Promise<string> => {
  const { handle } = await databaseRow(installation, databaseId);
  return request(installation, databaseId, { type: 'deprovision', confirm: handle });
};

const again = async (operationId: string): Promise<string> => {
  const { control } = installation;
  return (await control.db.transaction().execute((tx) => retryOperation(control, tx, 'user:test', operationId))).id;
};

const refused = new HoldfastError('backup_store_refused', 'the bucket is not there');
const away = new HoldfastError('engine_unreachable', 'the socket leads nowhere');

const runToItsEnd = async (operationId: string, code: string): Promise<void> => {
  for (let attempt = 1; attempt < operationKinds.deprovision.attempts; attempt++)
    expect(await run(operationId)).toMatchObject({ kind: 'retry' });
  expect(await run(operationId)).toEqual({ kind: 'fail', code });
};

describe('a deprovision whose final backup cannot be taken', () => {
  it('leaves the database provisioned, as it was, and in the history that it failed', async () => {
    const databaseId = await provisioned('kept');
    const before = await databaseRow(installation, databaseId);
    installation.store.faults.failAll(refused);
    const operationId = await ask(databaseId);
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'backup_store_refused' });
    const { updated_at: _, ...row } = (await databaseRow(installation, databaseId)) as Record<string, unknown>;
    expect(before).toMatchObject(row);
    expect(await findOperation(installation.control.db, operationId)).toMatchObject({
      status: 'failed',
      error: { code: 'backup_store_refused', remedy: expect.stringContaining('nothing has been removed') },
    });
    installation.store.faults.failAll(null);
    expect(await complaints(looked(installation))).toEqual([]);
    expect(await run(await request(installation, databaseId, 'restart'))).toEqual({ kind: 'done' });
  });

  it('may be retried, and asked for anew', async () => {
    const databaseId = await provisioned('retried');
    installation.store.faults.failAll(refused);
    const first = await ask(databaseId);
    await run(first);
    const second = await ask(databaseId);
    expect(await run(second)).toEqual({ kind: 'fail', code: 'backup_store_refused' });
    expect(await statusOf(databaseId)).toBe('provisioned');
    installation.store.faults.failAll(null);
    expect(await run(await again(first))).toEqual({ kind: 'done' });
    expect(await statusOf(databaseId)).toBe('deprovisioned');
  });

  it('is left so by an engine that is away before the first step too', async () => {
    const databaseId = await provisioned('unseen');
    const operationId = await ask(databaseId);
    installation.host.faults.failAll(away);
    await runToItsEnd(operationId, 'engine_unreachable');
    expect(await statusOf(databaseId)).toBe('provisioned');
  });
});

describe('a deprovision that has removed something', () => {
  it('leaves the database for another one, also when that one fails at its backup', async () => {
    const databaseId = await provisioned('half-gone');
    const operationId = await ask(databaseId);
    const refusal = new HoldfastError('name_taken_by_stranger', 'not ours');
    installation.host.faults.failNext('ensureVolumeAbsent', refusal);
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'name_taken_by_stranger' });
    expect(await statusOf(databaseId)).toBe('deprovision_failed');
    installation.store.faults.failAll(refused);
    await run(await ask(databaseId));
    expect(await statusOf(databaseId)).toBe('deprovision_failed');
    await expect(request(installation, databaseId, 'restart')).rejects.toMatchObject({
      code: 'database_not_ready',
      remedy: expect.stringContaining('retry that operation'),
    });
    const skipping = { type: 'deprovision', confirm: 'half-gone', skipFinalBackup: true } as const;
    expect(await run(await request(installation, databaseId, skipping))).toEqual({ kind: 'done' });
    expect(await statusOf(databaseId)).toBe('deprovisioned');
  });
});
