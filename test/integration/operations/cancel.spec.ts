import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { findOperation } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, databaseRow, onBackup, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());

const statusOf = async (operationId: string) => (await findOperation(installation.control.db, operationId))?.status;

const expectRolledBack = async (databaseId: string, operationId: string): Promise<void> => {
  expect(await statusOf(operationId)).toBe('cancelled');
  expect((await databaseRow(installation, databaseId)).status).toBe('deprovisioned');
  expect(await complaints(looked(installation))).toEqual([]);
};

describe('cancelling a provision', () => {
  it('ends one that no worker has had at once, and frees its handle', async () => {
    const { databaseId, operationId } = await create(installation, 'queued');
    await cancel(installation, operationId);
    await expectRolledBack(databaseId, operationId);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'not-claimed' });
    const again = await create(installation, 'queued');
    await cancel(installation, again.operationId);
  });

  it.each(['ensureVolume', 'createContainer', 'writeFiles', 'startContainer'] as const)(
    'rolls back one that is in the middle of %s',
    async (method) => {
      const { databaseId, operationId } = await create(installation, 'running');
      const runner = installation.runner();
      const hold = installation.host.faults.hold(method);
      const ended = runner.run(operationId);
      await hold.reached;
      await cancel(installation, operationId);
      runner.cancelRequested(operationId);
      // What makes something is waited for; what does not is broken off.
      hold.release();
      expect(await ended).toEqual({ kind: 'cancelled' });
      await expectRolledBack(databaseId, operationId);
    },
  );

  it('breaks off a wait for the server and closes doors that are open', async () => {
    const { databaseId, operationId } = await create(installation, 'verifying');
    const runner = installation.runner();
    const hold = installation.edge.faults.hold('listDoors');
    const ended = runner.run(operationId);
    await hold.reached;
    await cancel(installation, operationId);
    runner.cancelRequested(operationId);
    expect(await ended).toEqual({ kind: 'cancelled' });
    hold.release();
    await expectRolledBack(databaseId, operationId);
  });

  it('rolls back one that waits for its next try, at once', async () => {
    const { databaseId, operationId } = await create(installation, 'waiting');
    installation.host.faults.failNext('startContainer', new HoldfastError('engine_unreachable', 'away'));
    expect(await installation.runner().run(operationId)).toMatchObject({ kind: 'retry' });
    expect(await statusOf(operationId)).toBe('waiting');
    await cancel(installation, operationId);
    const { due_at: dueAt } = await installation.control.db
      .selectFrom('outbox')
      .select('due_at')
      .where('operation_id', '=', operationId)
      .executeTakeFirstOrThrow();
    expect(dueAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'cancelled' });
    await expectRolledBack(databaseId, operationId);
  });

  it('keeps the address and the ports of one that it could not roll back, for a deprovision', async () => {
    const { databaseId, operationId } = await create(installation, 'stuck');
    installation.host.faults.failNext('startContainer', new HoldfastError('engine_unreachable', 'away'));
    await installation.runner().run(operationId);
    await cancel(installation, operationId);
    installation.host.faults.failAll(new HoldfastError('engine_unreachable', 'still away'));
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'cancelled' });
    installation.host.faults.failAll(null);
    const operation = await findOperation(installation.control.db, operationId);
    expect(operation).toMatchObject({
      status: 'cancelled',
      receipt: { leftBehind: [expect.any(String), expect.any(String)] },
    });
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    const deprovision = await request(installation, databaseId, 'deprovision');
    expect(await installation.runner().run(deprovision)).toEqual({ kind: 'done' });
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('comes too late for one that has ended', async () => {
    const { operationId } = await create(installation, 'ended');
    await installation.runner().run(operationId);
    await expect(cancel(installation, operationId)).rejects.toMatchObject({ code: 'operation_finished' });
  });

  it('and its success at the same moment end in one of the two, never in both', async () => {
    for (let turn = 0; turn < 10; turn++) {
      const { databaseId, operationId } = await create(installation, `race-${turn}`);
      const runner = installation.runner();
      const ended = runner.run(operationId);
      const asked = cancel(installation, operationId).then(
        () => runner.cancelRequested(operationId),
        () => undefined,
      );
      const [outcome] = await Promise.all([ended, asked]);
      const expected = { done: 'provisioned', cancelled: 'deprovisioned', 'not-claimed': 'deprovisioned' };
      expect(Object.keys(expected)).toContain(outcome.kind);
      expect((await databaseRow(installation, databaseId)).status).toBe(
        expected[outcome.kind as keyof typeof expected],
      );
    }
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('cancelling a kind that cannot be stopped', () => {
  it('ends it while it is queued, without touching the database', async () => {
    const { databaseId, operationId } = await create(installation, 'unstoppable');
    await installation.runner().run(operationId);
    const restart = await request(installation, databaseId, 'restart');
    await cancel(installation, restart);
    expect(await statusOf(restart)).toBe('cancelled');
    expect((await databaseRow(installation, databaseId)).status).toBe('provisioned');
  });

  it.each(['restart', 'reload', 'deprovision'] as const)(
    'is refused for a running %s, which goes on to its end',
    async (kind) => {
      const { databaseId, operationId } = await create(installation, `running-${kind}`);
      await installation.runner().run(operationId);
      const runner = installation.runner();
      const running = await request(installation, databaseId, kind);
      const hold = installation.host.faults.hold('stopContainer');
      const ended = runner.run(running);
      await hold.reached;
      await expect(cancel(installation, running)).rejects.toMatchObject({ code: 'operation_not_cancellable' });
      runner.cancelRequested(running);
      hold.release();
      expect(await ended).toEqual({ kind: 'done' });
      const { cancel_requested_at: cancelled } = (await findOperation(installation.control.db, running)) ?? {};
      expect(cancelled).toBeNull();
      expect(await complaints(looked(installation))).toEqual([]);
    },
  );
});

describe('cancelling an upgrade', () => {
  const upgrading = async (handle: string) => {
    const { databaseId, operationId } = await create(installation, handle);
    const { db } = installation.control;
    const older = { version: '7.0', image: 'holdfast/redis:7.0' };
    await db.updateTable('databases').set(older).where('id', '=', databaseId).execute();
    await installation.runner().run(operationId);
    return { databaseId, upgrade: await request(installation, databaseId, { type: 'upgrade', version: '8.0' }) };
  };

  it('breaks it off before it has touched a server', async () => {
    const { databaseId, upgrade } = await upgrading('early');
    const runner = installation.runner();
    const hold = installation.host.faults.hold('hasImage');
    const ended = runner.run(upgrade);
    await hold.reached;
    await cancel(installation, upgrade);
    runner.cancelRequested(upgrade);
    hold.release();
    expect(await ended).toEqual({ kind: 'cancelled' });
    expect(await databaseRow(installation, databaseId)).toMatchObject({ status: 'provisioned', version: '7.0' });
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('is refused afterwards, and not heeded by a worker that goes on with it', async () => {
    const { upgrade } = await upgrading('late');
    const { db } = installation.control;
    await db
      .updateTable('operations')
      .set({ status: 'waiting', attempt: 1, started_at: new Date() })
      .where('id', '=', upgrade)
      .execute();
    const succeeded = { operation_id: upgrade, attempt: 1, status: 'succeeded', started_at: new Date() } as const;
    await db
      .insertInto('operation_steps')
      .values([
        { ...succeeded, ordinal: 1, name: 'try' },
        { ...succeeded, ordinal: 2, name: 'reserve' },
      ])
      .execute();
    await expect(cancel(installation, upgrade)).rejects.toMatchObject({
      ...{ code: 'operation_not_cancellable', detail: expect.stringContaining('reserve') },
    });
    // It was asked for while the step before was under way.
    await db.updateTable('operations').set({ cancel_requested_at: new Date() }).where('id', '=', upgrade).execute();
    const hold = installation.host.faults.hold('hasImage');
    const runner = installation.runner();
    const ended = runner.run(upgrade);
    await hold.reached;
    runner.cancelRequested(upgrade);
    installation.host.faults.failAll(new HoldfastError('name_taken_by_stranger', 'over'));
    hold.release();
    expect(await ended).toMatchObject({ kind: 'fail' });
    installation.host.faults.failAll(null);
  });
});

describe('retrying', () => {
  const retry = (id: string) =>
    installation.control.db.transaction().execute((tx) => retryOperation(installation.control, tx, 'test', id));

  it('what was cancelled, and has removed its database, is refused with what to ask for in its place', async () => {
    const { databaseId, operationId } = await create(installation, 'to-restore');
    await installation.runner().run(operationId);
    const taken = await backup(installation, databaseId);
    expect(await installation.runner().run(taken.operationId)).toEqual({ kind: 'done' });
    // The verification that follows a backup is none of this.
    const queued = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
    for (const { id } of await queued.execute()) await cancel(installation, id);
    const restore = await onBackup(installation, taken.backupId, { type: 'restore', keepCredentials: false });
    await cancel(installation, restore);
    await expect(retry(restore)).rejects.toMatchObject({
      ...{ code: 'database_not_ready', remedy: expect.stringContaining('Ask for a new restore') },
    });
    const made = await create(installation, 'to-make');
    await cancel(installation, made.operationId);
    await expect(retry(made.operationId)).rejects.toMatchObject({
      ...{ code: 'database_not_ready', remedy: expect.stringContaining('Ask for a new database') },
    });
  });

  it('and cancelling before a worker came leaves what is still to be removed to a deprovision', async () => {
    const { databaseId, operationId } = await create(installation, 'retry-cancelled');
    installation.host.faults.failNext('createContainer', new HoldfastError('disk_full', 'no space left'));
    await installation.runner().run(operationId);
    const retried = await installation.control.db
      .transaction()
      .execute((tx) => retryOperation(installation.control, tx, 'test', operationId));
    await cancel(installation, retried.id);
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    const deprovision = await request(installation, databaseId, 'deprovision');
    expect(await installation.runner().run(deprovision)).toEqual({ kind: 'done' });
  });

  it('a failed deprovision heeds the deletion protection that was switched on since', async () => {
    const { databaseId, operationId } = await create(installation, 'protected-since');
    await installation.runner().run(operationId);
    const failed = await request(installation, databaseId, 'deprovision');
    installation.host.faults.failNext('stopContainer', new HoldfastError('disk_full', 'no space left'));
    expect(await installation.runner().run(failed)).toEqual({ kind: 'fail', code: 'disk_full' });
    const { db } = installation.control;
    const protect = (on: boolean) =>
      db.updateTable('databases').set({ deletion_protection: on }).where('id', '=', databaseId).execute();
    const retry = () => db.transaction().execute((tx) => retryOperation(installation.control, tx, 'test', failed));
    await protect(true);
    await expect(retry()).rejects.toMatchObject({ code: 'deletion_protected' });
    await protect(false);
    expect(await installation.runner().run((await retry()).id)).toEqual({ kind: 'done' });
  });

  it('a failed provision makes the database after all', async () => {
    const { databaseId, operationId } = await create(installation, 'second-try');
    installation.host.faults.failNext('createContainer', new HoldfastError('disk_full', 'no space left'));
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code: 'disk_full' });
    const retried = await installation.control.db
      .transaction()
      .execute((tx) => retryOperation(installation.control, tx, 'test', operationId));
    expect(await installation.runner().run(retried.id)).toEqual({ kind: 'done' });
    expect((await databaseRow(installation, databaseId)).status).toBe('provisioned');
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('a failed provision works over what its rollback could not remove', async () => {
    const { databaseId, operationId } = await create(installation, 'over-remains');
    const { attempts } = operationKinds.provision;
    const away = new HoldfastError('engine_unreachable', 'away');
    for (let attempt = 1; attempt <= attempts; attempt++) installation.host.faults.failNext('startContainer', away);
    for (let attempt = 1; attempt < attempts; attempt++) await installation.runner().run(operationId);
    installation.host.faults.failNext('ensureContainerAbsent', away);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code: 'engine_unreachable' });
    expect((await findOperation(installation.control.db, operationId))?.error?.leftBehind).toHaveLength(2);
    const retried = await installation.control.db
      .transaction()
      .execute((tx) => retryOperation(installation.control, tx, 'test', operationId));
    expect(await installation.runner().run(retried.id)).toEqual({ kind: 'done' });
    expect((await databaseRow(installation, databaseId)).status).toBe('provisioned');
    expect(await complaints(looked(installation))).toEqual([]);
  });
});
