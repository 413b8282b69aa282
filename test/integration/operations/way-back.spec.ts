import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { takeAddress } from '#persistence/environments.js';
import { forgetIncarnation, insertIncarnation } from '#persistence/incarnations.js';
import { findOperation } from '#persistence/operations/read.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, replicate, request } from '../../support/requests.js';

/** What is recorded and refused, with fakes. The ways back themselves are shown on real servers: test/e2e/way-back.spec.ts. */

let installation: FakeInstallation;
let counter = 0;

beforeAll(async () => {
  installation = await createFakeInstallation();
}, 60_000);
afterAll(() => installation.close());

const run = (operationId: string) => installation.runner().run(operationId);

const ready = async (): Promise<string> => {
  const handle = `back-${++counter}`;
  const { databaseId, operationId } = await create(installation, handle, { version: '8.0', persistence: 'aof' });
  expect(await run(operationId)).toMatchObject({ kind: 'done' });
  return databaseId;
};

const keptAt = new Date('2026-11-27T10:00:00.000Z');

interface Kept {
  readonly incarnation?: number;
  readonly until?: Date;
  readonly persistence?: PersistenceMode;
  readonly since?: Date;
}

/** As an upgrade leaves it. */
const keep = async (databaseId: string, kept: Kept = {}): Promise<void> => {
  const { incarnation = 2, until = new Date('2100-01-01'), persistence = 'aof', since = keptAt } = kept;
  const { control } = installation;
  const { environment_id: environmentId } = await databaseRow(installation, databaseId);
  const { id: operationId } = await control.db.selectFrom('operations').select('id').executeTakeFirstOrThrow();
  await control.db.transaction().execute(async (tx) => {
    await insertIncarnation(tx, {
      ...{ database_id: databaseId, incarnation, state: 'kept', operation_id: operationId, keep_until: until },
      ...{ version: '7.0', image: 'holdfast/redis:7.0', tls_protocols: [], persistence, kept_at: since },
      address_index: await takeAddress(tx, environmentId, databaseId),
    });
  });
};

/** With the handle typed. */
const goBack = async (
  databaseId: string,
  more: Partial<Extract<OperationRequest, { type: 'go-back' }>> = {},
): Promise<string> => {
  const { handle: confirm } = await databaseRow(installation, databaseId);
  return request(installation, databaseId, { type: 'go-back', confirm, ...more });
};

const retry = (id: string) =>
  installation.control.db.transaction().execute((tx) => retryOperation(installation.control, tx, 'test', id));

describe('a request', () => {
  it('names the server that served last, and since when writes will be lost', async () => {
    const id = await ready();
    await keep(id, { incarnation: 3, since: new Date('2026-11-26T10:00:00.000Z') });
    await keep(id, { incarnation: 2 });
    const operation = await findOperation(installation.control.db, await goBack(id));
    expect(operation?.parameters).toEqual({
      ...{ incarnation: 2, fromIncarnation: 1, version: '7.0', fromVersion: '8.0' },
      ...{ lostSince: keptAt.toISOString(), skipSafetyBackup: false },
    });
    const { body } = await installation.control.db
      .selectFrom('audit_events')
      .select('body')
      .where('action', '=', 'go-back.requested')
      .where('database_id', '=', id)
      .executeTakeFirstOrThrow();
    const { detail } = JSON.parse(body) as { detail: object };
    expect(detail).toMatchObject({ from: '8.0', to: '7.0', lostSince: keptAt.toISOString() });
  });

  it('needs the handle, and says what for', async () => {
    const id = await ready();
    await keep(id);
    await expect(request(installation, id, { type: 'go-back' })).rejects.toMatchObject({
      code: 'confirmation_required',
      detail: expect.stringContaining(
        `Going back to version 7.0, which is deprecated, loses everything that was written since ${keptAt.toISOString()}. A backup`,
      ),
    });
    await expect(goBack(id, { confirm: 'another' })).rejects.toMatchObject({ code: 'confirmation_required' });
  });

  it.each([
    [null, 'way_back_missing'],
    [{ until: new Date('2020-01-01') }, 'way_back_missing'],
    [{ persistence: 'none' as const }, 'way_back_missing'],
    [{ persistence: 'rdb' as const }, 'way_back_blocked'],
  ])('with %o kept is refused with %s', async (kept, code) => {
    const id = await ready();
    if (kept) await keep(id, kept);
    await expect(goBack(id)).rejects.toMatchObject({ code });
  });

  it('is refused while replicas follow', async () => {
    const id = await ready();
    await keep(id);
    const { handle } = await databaseRow(installation, id);
    const { operationId } = await replicate(installation, id, 'follows');
    await run(operationId);
    await expect(goBack(id)).rejects.toMatchObject({
      code: 'database_has_replicas',
      detail: expect.stringContaining('follows'),
      remedy: `Remove each with \`holdfast db:deprovision\`, or keep what it has as a database of its own with \`holdfast db:unlink\`: follows. Then \`holdfast db:upgrade ${handle} --back\`, and \`holdfast db:replicate ${handle} REPLICA\` for each.`,
    });
  });

  it('is alone: no second one, no upgrade and no replica stands in line with it', async () => {
    const id = await ready();
    await keep(id);
    await goBack(id);
    // As one that is newer than today's would be.
    await installation.control.db.updateTable('databases').set({ version: '7.0' }).where('id', '=', id).execute();
    await expect(request(installation, id, { type: 'upgrade', version: '8.0' })).rejects.toMatchObject({
      code: 'database_not_ready',
    });
    await expect(replicate(installation, id, 'late')).rejects.toMatchObject({ code: expect.any(String) });
    await expect(goBack(id)).rejects.toMatchObject({ code: 'database_not_ready' });
  });
});

describe('a way back that cannot be carried out', () => {
  const missing = async () => {
    const id = await ready();
    await keep(id);
    const operationId = await goBack(id, { skipSafetyBackup: true });
    // Its volume is not on the host.
    expect(await run(operationId)).toMatchObject({ kind: 'fail', code: 'way_back_missing' });
    return { id, operationId };
  };

  it('fails before it touches anything, and can be asked for again as it was confirmed', async () => {
    const { id, operationId } = await missing();
    expect(await databaseRow(installation, id)).toMatchObject({ version: '8.0', incarnation: 1, health: 'healthy' });
    expect(await retry(operationId)).toMatchObject({
      ...{ kind: 'go-back', retry_of: operationId },
      parameters: { incarnation: 2, lostSince: keptAt.toISOString(), skipSafetyBackup: true },
    });
  });

  it('is not asked for again when another moment is meant by now', async () => {
    const { id, operationId } = await missing();
    const { control } = installation;
    await control.db.transaction().execute((tx) => forgetIncarnation(tx, { id, incarnation: 2 }));
    await keep(id, { since: new Date('2026-11-27T11:00:00.000Z') });
    await expect(retry(operationId)).rejects.toMatchObject({ code: 'confirmation_required' });
  });

  it('is over when the mode was changed by an operation that stood in line before it', async () => {
    const id = await ready();
    await keep(id);
    const operationId = await goBack(id, { skipSafetyBackup: true });
    await installation.control.db.updateTable('databases').set({ persistence: 'rdb' }).where('id', '=', id).execute();
    expect(await run(operationId)).toMatchObject({ kind: 'fail', code: 'way_back_blocked' });
  });

  it.each(['before it is asked for', 'by an operation that stood in line before it'])(
    'is over when there are fewer logical databases than its files tell of, %s',
    async (when) => {
      const id = await ready();
      const fewer = { type: 'configure', settings: { databases: 4 } } as const;
      expect(await run(await request(installation, id, { type: 'configure', settings: { databases: 20 } }))).toEqual({
        kind: 'done',
      });
      await keep(id, { since: new Date() });
      const code = 'way_back_blocked';
      if (when.startsWith('before')) {
        expect(await run(await request(installation, id, fewer))).toEqual({ kind: 'done' });
        await expect(goBack(id)).rejects.toMatchObject({ code, detail: expect.stringContaining('of 20') });
        return;
      }
      const change = await request(installation, id, fewer);
      const back = await goBack(id, { skipSafetyBackup: true });
      expect(await run(change)).toEqual({ kind: 'done' });
      expect(await run(back)).toEqual({ kind: 'fail', code });
    },
  );

  it('is over when another server serves by then', async () => {
    const id = await ready();
    await keep(id);
    const operationId = await goBack(id, { skipSafetyBackup: true });
    await installation.control.db.updateTable('databases').set({ incarnation: 5 }).where('id', '=', id).execute();
    expect(await run(operationId)).toMatchObject({ kind: 'fail', code: 'database_not_ready' });
  });
});
