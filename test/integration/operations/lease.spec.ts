import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { containerName } from '#domain/server/names.js';
import { faultPoints } from '#observability/fault-points.js';
import { rescueLostLeases } from '#persistence/operations/claim.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { pauseAt } from '../../support/pause.js';
import { cancel, create, databaseRow, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

let installation: FakeInstallation;

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
afterEach(() => faultPoints.disarmAll());

const signal = new AbortController().signal;

/** What happens to a worker that stands still for longer than its lease. One whose process goes on renews it: not in between. */
const loseLease = async (operationId: string): Promise<void> => {
  const lost = await installation.control.db.transaction().execute(async (tx) => {
    const expired = sql`now() - interval '1 second'`;
    await sql`UPDATE operations SET lease_expires_at = ${expired} WHERE id = ${operationId}`.execute(tx);
    return rescueLostLeases(tx);
  });
  expect(lost).toContain(operationId);
};

const provisioned = async (handle: string): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle);
  expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
  return databaseId;
};

/** Everything that a worker could write, but for what its lease allows. */
const everythingWritten = async (operationId: string): Promise<unknown> => {
  const { db } = installation.control;
  const [operation, steps, log, audit, databases] = await Promise.all([
    findOperation(db, operationId),
    stepsOf(db, [operationId]),
    db.selectFrom('operation_log').select(['message']).where('operation_id', '=', operationId).execute(),
    db.selectFrom('audit_events').select('seq').execute(),
    db.selectFrom('databases').selectAll().orderBy('id').execute(),
  ]);
  return { operation, steps, log, audit, databases };
};

describe('a worker whose lease has passed to another one', () => {
  it.each(['inspectContainer', 'createContainer', 'writeFiles', 'startContainer'] as const)(
    'writes nothing and touches nothing when it wakes up in %s of a provision',
    async (method) => {
      const { databaseId, operationId } = await create(installation, `late-${method.toLowerCase()}`);
      const hold = installation.host.faults.hold(method);
      const late = installation.runner().run(operationId);
      await hold.reached;
      await loseLease(operationId);
      hold.letOthersPass();
      expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
      const before = await everythingWritten(operationId);
      hold.release();
      expect(await late).toEqual({ kind: 'not-claimed' });
      expect(await everythingWritten(operationId)).toEqual(before);
      expect((await databaseRow(installation, databaseId)).status).toBe('provisioned');
      expect(await complaints(looked(installation))).toEqual([]);
    },
  );

  it.each(['provision', 'reload'] as const)(
    'begins nothing when it stood still right after its claim of a %s',
    async (kind) => {
      const created = await create(installation, `claimed-${kind}`);
      if (kind === 'reload') await installation.runner().run(created.operationId);
      const operationId =
        kind === 'reload' ? await request(installation, created.databaseId, kind) : created.operationId;
      const pause = pauseAt(`${kind}:claimed`);
      const late = installation.runner().run(operationId);
      await pause.reached;
      await loseLease(operationId);
      faultPoints.disarmAll();
      expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
      const before = await everythingWritten(operationId);
      pause.goOn();
      expect(await late).toEqual({ kind: 'not-claimed' });
      expect(await everythingWritten(operationId)).toEqual(before);
    },
  );

  it('undoes nothing when it was about to roll back a cancelled provision', async () => {
    const { databaseId, operationId } = await create(installation, 'late-rollback');
    const hold = installation.host.faults.hold('startContainer');
    const pause = pauseAt('compensation:begun');
    const late = installation.runner();
    const ended = late.run(operationId);
    await hold.reached;
    await cancel(installation, operationId);
    late.cancelRequested(operationId);
    await pause.reached;
    await loseLease(operationId);
    faultPoints.disarmAll();
    hold.letOthersPass();
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'cancelled' });
    const again = await create(installation, 'late-rollback');
    expect(await installation.runner().run(again.operationId)).toEqual({ kind: 'done' });
    pause.goOn();
    expect(await ended).toEqual({ kind: 'not-claimed' });
    expect((await databaseRow(installation, databaseId)).status).toBe('deprovisioned');
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('raises the generation of a reload whose first worker died right after its claim', async () => {
    const databaseId = await provisioned('raised');
    const operationId = await request(installation, databaseId, 'reload');
    const pause = pauseAt('reload:claimed');
    const dead = installation.runner().run(operationId);
    await pause.reached;
    await loseLease(operationId);
    faultPoints.disarmAll();
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    expect((await databaseRow(installation, databaseId)).generation).toBe(2);
    pause.goOn();
    await dead;
  });

  it('removes nothing of a reload that another worker has finished', async () => {
    const databaseId = await provisioned('late-reload');
    const operationId = await request(installation, databaseId, 'reload');
    const pause = pauseAt('reload:remove:begun');
    const late = installation.runner({ leaseMs: 60 }).run(operationId);
    await pause.reached;
    await loseLease(operationId);
    faultPoints.disarmAll();
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    pause.goOn();
    expect(await late).toEqual({ kind: 'not-claimed' });
    const name = containerName(installation.control.installation, databaseId);
    const owner = { installation: installation.control.installation, subject: databaseId };
    expect(await installation.host.inspectContainer(name, owner, signal)).toMatchObject({ state: 'running' });
    expect(await complaints(looked(installation))).toEqual([]);
  });
});
