import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import type { Outcome } from '#domain/operation/outcome.js';
import { containerName } from '#domain/server/names.js';
import { requestRename } from '#operations/requests/request-rename.js';
import { rescueLostLeases } from '#persistence/operations/claim.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
afterEach(() => {
  jest.useRealTimers();
  installation.host.faults.failAll(null);
});

const operation = (id: string) => findOperation(installation.control.db, id);
const away = new HoldfastError('engine_unreachable', 'the socket leads nowhere');

describe('an engine that is away', () => {
  it('is waited for, and the operation goes on when it is back', async () => {
    const { operationId } = await create(installation, 'waits');
    installation.host.faults.failAll(away);
    expect(await installation.runner().run(operationId)).toMatchObject({ kind: 'retry', dueAt: expect.any(Date) });
    expect(await operation(operationId)).toMatchObject({ status: 'waiting', error: { code: 'engine_unreachable' } });
    installation.host.faults.failAll(null);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    expect(await operation(operationId)).toMatchObject({ status: 'succeeded', error: null });
  });

  it('for longer than the patience of a kind fails the operation with the cause, and nothing is left behind', async () => {
    const { databaseId, operationId } = await create(installation, 'in-vain');
    installation.host.faults.failAll(away);
    for (let attempt = 1; attempt < operationKinds.provision.attempts; attempt++)
      expect(await installation.runner().run(operationId)).toMatchObject({ kind: 'retry' });
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code: 'engine_unreachable' });
    const { error } = (await operation(operationId)) ?? {};
    expect(error).toMatchObject({ code: 'engine_unreachable', leftBehind: [] });
    expect(error?.detail).toContain('the socket leads nowhere');
    expect(error?.remedy).toContain('retry the operation');
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    installation.host.faults.failAll(null);
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('what was begun and must not be left as it is', () => {
  it('is waited for until it is done, however long the engine is away', async () => {
    const { control, host } = installation;
    const { databaseId, operationId } = await create(installation, 'parted');
    await installation.runner().run(operationId);
    const row = await databaseRow(installation, databaseId);
    const { id } = await control.db.transaction().execute((tx) => requestRename(control, tx, 'test', row, 'joined'));
    host.faults.failAll(away);
    const worker = installation.runner();
    for (let attempt = 1; attempt <= 4 * operationKinds.rename.attempts; attempt++)
      expect(await worker.run(id)).toMatchObject({ kind: 'retry' });
    const { dueAt } = (await worker.run(id)) as Extract<Outcome, { kind: 'retry' }>;
    const longestMs = operationKinds.rename.backoff.maximumMs;
    expect(dueAt.getTime() - control.now().getTime()).toBeLessThanOrEqual(longestMs);
    expect(await operation(id)).toMatchObject({ status: 'waiting', error: { code: 'engine_unreachable' } });
    host.faults.failAll(null);
    expect(await worker.run(id)).toEqual({ kind: 'done' });
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('a refusal', () => {
  it.each([
    ['ensureVolume', 'disk_full'],
    ['createContainer', 'disk_full'],
    ['writeFiles', 'disk_full'],
    ['hasImage', 'image_unavailable'],
    ['ensureNetwork', 'network_overlap'],
  ] as const)('in %s with %s fails at the first attempt and leaves nothing behind', async (method, code) => {
    const { databaseId, operationId } = await create(installation, `${method}-${code}`.toLowerCase());
    installation.host.faults.failNext(method, new HoldfastError(code, 'says the host'));
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code });
    expect(await operation(operationId)).toMatchObject({ attempt: 1, error: { code, leftBehind: [] } });
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('waits for what runs beside it, so that its rollback overlooks nothing', async () => {
    const { operationId } = await create(installation, 'beside');
    installation.host.faults.failNext('hasImage', new HoldfastError('image_unavailable', 'not there'));
    const slow = installation.host.faults.hold('ensureVolume');
    const ended = installation.runner().run(operationId);
    await slow.reached;
    slow.release();
    expect(await ended).toEqual({ kind: 'fail', code: 'image_unavailable' });
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('the edge', () => {
  it('is started again when it is down as its doors are opened', async () => {
    const { operationId } = await create(installation, 'edge-down');
    installation.edge.stop();
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('whose ports are taken fails the operation with that cause, and nothing is left behind', async () => {
    const { databaseId, operationId } = await create(installation, 'ports-taken');
    installation.edge.stop();
    const taken = new HoldfastError('edge_ports_taken', 'nginx (pid 7) listens on port 20000');
    installation.edge.faults.failNext('ensureRunning', taken);
    installation.edge.faults.failNext('ensureRunning', taken);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code: 'edge_ports_taken' });
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    await installation.edge.ensureRunning(new AbortController().signal);
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('that is down is started again to close the doors of a deprovision', async () => {
    const { databaseId, operationId } = await create(installation, 'closing');
    await installation.runner().run(operationId);
    installation.edge.stop();
    const deprovision = await request(installation, databaseId, 'deprovision');
    expect(await installation.runner().run(deprovision)).toEqual({ kind: 'done' });
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('the deadline of a kind', () => {
  it('ends an attempt that hangs, and rolls it back', async () => {
    const { databaseId, operationId } = await create(installation, 'overdue');
    const hold = installation.clients.faults.hold('connect');
    jest.useFakeTimers({
      doNotFake: ['setInterval', 'clearInterval', 'setImmediate', 'nextTick', 'Date', 'performance', 'queueMicrotask'],
    });
    const ended = installation.runner({ leaseMs: 3_600_000 }).run(operationId);
    await hold.reached;
    jest.advanceTimersByTime(operationKinds.provision.timeoutMs);
    expect(await ended).toEqual({ kind: 'fail', code: 'operation_timeout' });
    hold.release();
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
    expect(await complaints(looked(installation))).toEqual([]);
  });
});

describe('an operation that costs every worker its life', () => {
  it('is given up after some attempts', async () => {
    const { databaseId, operationId } = await create(installation, 'deadly');
    const { db } = installation.control;
    const losses = 3 * operationKinds.provision.attempts - 1;
    const lost = { attempt: losses + 1, losses, status: 'running', lease_expires_at: new Date(0) } as const;
    await db.updateTable('operations').set(lost).where('id', '=', operationId).execute();
    expect(await rescueLostLeases(db)).toEqual([operationId]);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'fail', code: 'attempts_exhausted' });
    expect((await databaseRow(installation, databaseId)).status).toBe('provision_failed');
  });
});

describe('a worker that shuts down', () => {
  it.each(['createContainer', 'startContainer'] as const)(
    'in %s releases its operation to the next one',
    async (method) => {
      const { operationId } = await create(installation, `shutdown-${method.toLowerCase()}`);
      const shutdown = new AbortController();
      const hold = installation.host.faults.hold(method);
      const ended = installation.runner().run(operationId, shutdown.signal);
      await hold.reached;
      shutdown.abort(new Error('shutdown'));
      hold.release();
      expect(await ended).toEqual({ kind: 'released' });
      expect(await operation(operationId)).toMatchObject({ status: 'queued', lease_owner: null });
      expect(await rescueLostLeases(installation.control.db)).toEqual([]);
      expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
      const first = (await stepsOf(installation.control.db, [operationId])).filter(({ attempt }) => attempt === 1);
      expect(first.at(-1)?.status).toBe('interrupted');
    },
  );
});

describe('an error outside the catalogue', () => {
  it('is told to whoever watches, and the operation is tried again', async () => {
    const { operationId } = await create(installation, 'unexpected');
    installation.host.faults.failNext('createContainer', new TypeError('a defect'));
    expect(await installation.runner().run(operationId)).toMatchObject({ kind: 'retry' });
    expect(installation.unexpected.splice(0)).toEqual([expect.objectContaining({ message: 'a defect' })]);
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  });
});

describe('a server that ends over its users', () => {
  it('is quoted in the log without their passwords', async () => {
    const { databaseId, operationId } = await create(installation, 'quoted');
    const { host, clients, control } = installation;
    const tailLogs = host.tailLogs.bind(host);
    const connect = clients.connect.bind(clients);
    clients.connect = async (_target, signal) => {
      await host.stopContainer(containerName(control.installation, databaseId), 1, signal);
      throw new HoldfastError('server_not_ready', 'it ends');
    };
    const hash = `#${'ab12'.repeat(16)}`;
    host.tailLogs = () =>
      Promise.resolve(`/users.acl:3: user legacy on ${hash} >typed-by-hand +stralgo: Unknown command`);
    expect(await installation.runner().run(operationId)).toMatchObject({ kind: 'retry' });
    Object.assign(host, { tailLogs });
    Object.assign(clients, { connect });
    const log = control.db.selectFrom('operation_log').select('message').where('operation_id', '=', operationId);
    const text = (await log.execute()).map(({ message }) => message).join('\n');
    expect(text).toContain('user legacy on … … +stralgo: Unknown command');
    expect(text).not.toMatch(/ab12|typed-by-hand/);
  });
});
