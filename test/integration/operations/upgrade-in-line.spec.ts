import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { containerName, labels } from '#domain/server/names.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { takeAddress } from '#persistence/environments.js';
import { insertIncarnation } from '#persistence/incarnations.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, promote, replicate, request } from '../../support/requests.js';

/** An upgrade that stood in line behind something that changed the tree, with fakes. */

jest.setTimeout(30_000);

let installation: FakeInstallation;
let counter = 0;

beforeAll(async () => {
  installation = await createFakeInstallation();
}, 60_000);
afterAll(() => installation.close());

const run = (operationId: string) => installation.runner().run(operationId);

const ready = async (version = '7.0'): Promise<string> => {
  const { databaseId, operationId } = await create(installation, `line-${++counter}`);
  await become(databaseId, version);
  expect(await run(operationId)).toMatchObject({ kind: 'done' });
  return databaseId;
};

const become = (id: string, version: string) =>
  installation.control.db
    .updateTable('databases')
    .set({ version, image: `holdfast/redis:${version}` })
    .where('id', '=', id)
    .execute();

const follower = async (sourceId: string): Promise<string> => {
  const { databaseId, operationId } = await replicate(installation, sourceId, `line-${++counter}`);
  expect(await run(operationId)).toMatchObject({ kind: 'done' });
  return databaseId;
};

const pair = async () => {
  const primary = await ready();
  return { primary, replica: await follower(primary) };
};

const upgrade = (databaseId: string, more: Partial<Extract<OperationRequest, { type: 'upgrade' }>> = {}) =>
  request(installation, databaseId, { type: 'upgrade', version: '8.0', ...more });

const retry = (id: string) =>
  installation.control.db.transaction().execute((tx) => retryOperation(installation.control, tx, 'test', id));

/** Refused by the first step, with no server replaced. */
const expectRefused = async (operationId: string, why: RegExp, ...untouched: string[]): Promise<void> => {
  expect(await run(operationId)).toEqual({ kind: 'fail', code: 'database_not_ready' });
  expect((await findOperation(installation.control.db, operationId))?.error?.detail).toMatch(why);
  const steps = await stepsOf(installation.control.db, [operationId]);
  expect(steps.map(({ name }) => name)).toEqual(['check']);
  for (const id of untouched)
    expect(await databaseRow(installation, id)).toMatchObject({ version: '7.0', health: 'healthy' });
};

/** What an upgrade could not remove. */
const leaveSuccessor = async (databaseId: string, operationId: string): Promise<void> => {
  const { control } = installation;
  const { environment_id: environmentId } = await databaseRow(installation, databaseId);
  await control.db.transaction().execute(async (tx) => {
    await insertIncarnation(tx, {
      ...{ database_id: databaseId, incarnation: 2, state: 'successor', operation_id: operationId },
      ...{ version: '8.0', image: 'holdfast/redis:8.0', tls_protocols: [] },
      address_index: await takeAddress(tx, environmentId, databaseId),
    });
  });
};

const follows = async (databaseId: string): Promise<boolean | undefined> => {
  const { control, host } = installation;
  const owner = { installation: control.installation, subject: databaseId };
  const name = containerName(control.installation, databaseId);
  const found = await host.inspectContainer(name, owner, new AbortController().signal);
  const server = host.serverAt(found?.ipv4 ?? '');
  return server && server.replication.source !== null;
};

describe('an upgrade that stood in line', () => {
  it('behind an unlink leaves the database alone that is one of its own by then', async () => {
    const { primary, replica } = await pair();
    const unlink = await request(installation, replica, 'unlink');
    const waiting = await upgrade(primary);
    expect(await run(unlink)).toEqual({ kind: 'done' });
    await expectRefused(waiting, /does not follow it any more/, primary, replica);
    expect((await retry(waiting)).parameters).toMatchObject({ method: 'swap', replicas: [] });
  });

  it('behind a promotion does not stop the server that has become the primary', async () => {
    const { primary, replica } = await pair();
    const promotion = await promote(installation, replica);
    const waiting = await upgrade(primary);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    await expectRefused(waiting, /was a primary database and is a replica one/, primary, replica);
    expect((await retry(waiting)).parameters).toMatchObject({ method: 'in-place', replicas: [] });
  });

  it('behind a promotion does not take back the role for a server that an earlier upgrade has left', async () => {
    const { primary, replica } = await pair();
    const promotion = await promote(installation, replica);
    const waiting = await upgrade(primary);
    await leaveSuccessor(primary, waiting);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    expect(await run(waiting)).toEqual({ kind: 'fail', code: 'database_not_ready' });
    expect(await Promise.all([primary, replica].map(follows))).toEqual([true, false]);
  });

  it('for a replica that is the primary by then is not done in place', async () => {
    const { primary, replica } = await pair();
    const promotion = await promote(installation, replica);
    const waiting = await upgrade(replica);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    await expectRefused(waiting, /was a replica database and is a primary one; "line-\d+" follows it by now/, primary);
    expect((await retry(waiting)).parameters).toMatchObject({ method: 'swap', replicas: [primary] });
  });

  it('behind a way back is not done from another version than the one that it was asked for', async () => {
    const primary = await ready('8.0');
    await become(primary, '7.0');
    const waiting = await upgrade(primary);
    await become(primary, '6.0');
    expect(await run(waiting)).toEqual({ kind: 'fail', code: 'database_not_ready' });
  });

  it('goes on without a replica that was deprovisioned', async () => {
    const { primary, replica } = await pair();
    const removal = await request(installation, replica, 'deprovision');
    const waiting = await upgrade(primary);
    expect(await run(removal)).toEqual({ kind: 'done' });
    await run(waiting);
    const steps = await stepsOf(installation.control.db, [waiting]);
    expect(steps[0]).toMatchObject({ name: 'check', status: 'succeeded' });
  });
});

/** Runs it to where the version has been tried, which wants real servers. */
const tried = async (operationId: string): Promise<void> => {
  const { db } = installation.control;
  expect(await run(operationId)).toMatchObject({ kind: 'retry' });
  await db.updateTable('backups').set({ verification: 'verified' }).where('operation_id', '=', operationId).execute();
  await db
    .insertInto('operation_steps')
    .values({
      ...{ operation_id: operationId, attempt: 1, ordinal: 10, name: 'try', status: 'succeeded' },
      started_at: new Date(),
    })
    .execute();
};

/** The operation that its container was made by. */
const madeBy = async (databaseId: string): Promise<string | undefined> => {
  const { control, host } = installation;
  const owner = { installation: control.installation, subject: databaseId };
  const name = containerName(control.installation, databaseId);
  return (await host.inspectContainer(name, owner, new AbortController().signal))?.labels[labels.operation];
};

describe('a replica that has become newer than the wanted version', () => {
  it('is left alone, and its version is not written over', async () => {
    const { primary, replica } = await pair();
    const newer = await follower(primary);
    const waiting = await upgrade(primary, { method: 'in-place' });
    await become(newer, '9.0');
    await tried(waiting);
    expect(await run(waiting)).toEqual({ kind: 'done' });
    expect(await databaseRow(installation, newer)).toMatchObject({ version: '9.0' });
    expect(await madeBy(newer)).not.toBe(waiting);
    for (const id of [primary, replica]) {
      expect(await databaseRow(installation, id)).toMatchObject({ version: '8.0' });
      expect(await madeBy(id)).toBe(waiting);
    }
  });
});
