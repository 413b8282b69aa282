import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { containerName, volumeName } from '#domain/server/names.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { requestDiscards } from '#operations/requests/request-discards.js';
import { insertIncarnation } from '#persistence/incarnations.js';
import { takeAddress } from '#persistence/environments.js';
import { findOperation, targetsOf } from '#persistence/operations/read.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, promote, replicate, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

/** What is recorded, refused and removed, with fakes. The upgrades themselves are shown on real servers: test/e2e/upgrade.spec.ts. */

let installation: FakeInstallation;
let counter = 0;

beforeAll(async () => {
  installation = await createFakeInstallation();
}, 60_000);
afterAll(() => installation.close());

const run = (operationId: string) => installation.runner().run(operationId);

/** The catalogue's 7.0 is deprecated: a database of it is older than that. */
const ready = async (version = '7.0'): Promise<string> => {
  const { databaseId, operationId } = await create(installation, `up-${++counter}`);
  const image = `holdfast/redis:${version}`;
  const { db } = installation.control;
  await db.updateTable('databases').set({ version, image }).where('id', '=', databaseId).execute();
  expect(await run(operationId)).toMatchObject({ kind: 'done' });
  return databaseId;
};

const follower = async (sourceId: string): Promise<string> => {
  const { databaseId, operationId } = await replicate(installation, sourceId, `up-${++counter}`);
  expect(await run(operationId)).toMatchObject({ kind: 'done' });
  return databaseId;
};

const upgrade = (databaseId: string, more: Partial<Extract<OperationRequest, { type: 'upgrade' }>> = {}) =>
  request(installation, databaseId, { type: 'upgrade', version: '8.0', ...more });

const operation = async (id: string) => {
  const row = await findOperation(installation.control.db, id);
  if (!row) throw new Error(`There is no operation ${id}`);
  return row;
};

describe('a request', () => {
  it('names all that follow, those furthest away first, and holds them', async () => {
    const trunk = await ready();
    const branch = await follower(trunk);
    const leaf = await follower(branch);
    const id = await upgrade(trunk);
    expect((await operation(id)).parameters).toMatchObject({
      ...{ version: '8.0', method: 'swap', image: 'holdfast/redis:8.0', fromVersion: '7.0' },
      replicas: [leaf, branch],
    });
    const targets = await targetsOf(installation.control.db, [id]);
    expect(targets.map(({ database_id: target }) => target)).toEqual([trunk, leaf, branch]);
    await expect(upgrade(trunk)).rejects.toMatchObject({ code: 'database_not_ready' });
    await expect(replicate(installation, trunk, 'late')).rejects.toMatchObject({ code: 'database_not_ready' });
  });

  it('of a replica leaves its source alone, and is in place', async () => {
    const source = await ready();
    const replica = await follower(source);
    await expect(upgrade(replica, { method: 'swap' })).rejects.toMatchObject({ code: 'upgrade_method_refused' });
    const { parameters } = await operation(await upgrade(replica));
    expect(parameters).toMatchObject({ method: 'in-place', replicas: [] });
  });

  it.each([
    [{ version: '7.0' }, 'version_current'],
    [{ version: '6.0' }, 'version_unknown'],
  ])('%o of one that runs 7.0 is refused with %s', async (more, code) => {
    await expect(upgrade(await ready(), more)).rejects.toMatchObject({ code });
  });

  it('to an older version is refused with the reason', async () => {
    const id = await ready('8.0');
    await expect(upgrade(id, { version: '7.0' })).rejects.toMatchObject({
      code: 'downgrade_refused',
      detail: expect.stringContaining('cannot read'),
    });
  });

  it('is refused while one that follows is not ready', async () => {
    const source = await ready();
    await replicate(installation, source, `up-${++counter}`);
    await expect(upgrade(source)).rejects.toMatchObject({ code: 'replica_not_ready' });
  });
});

describe('a replica that is newer than its primary', () => {
  it('is promoted by force only', async () => {
    const source = await ready();
    const replica = await follower(source);
    const { db } = installation.control;
    await db.updateTable('databases').set({ version: '8.0' }).where('id', '=', replica).execute();
    await expect(promote(installation, replica)).rejects.toMatchObject({ code: 'replica_newer' });
    expect(await promote(installation, replica, 'force')).toEqual(expect.any(String));
  });
});

describe('an upgrade that cannot be carried out', () => {
  it.each([
    ['image_unavailable', { image: 'holdfast/redis:missing' }, {}],
    ['host_full', {}, { memoryOvercommit: 0.000_001 }],
  ] as const)('fails with %s before it touches anything, and can be asked for again', async (code, more, options) => {
    const databaseId = await ready();
    const id = await upgrade(databaseId);
    const parameters = JSON.stringify({ ...(await operation(id)).parameters, ...more });
    const { control } = installation;
    await control.db.updateTable('operations').set({ parameters }).where('id', '=', id).execute();
    expect(await installation.runner(options).run(id)).toMatchObject({ kind: 'fail', code });
    expect(await databaseRow(installation, databaseId)).toMatchObject({ version: '7.0', health: 'healthy' });
    const again = await control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', id));
    expect(again).toMatchObject({ kind: 'upgrade', retry_of: id, parameters: { version: '8.0', method: 'swap' } });
  });
});

/** As an upgrade leaves it. */
const keep = async (databaseId: string, keepUntil: Date): Promise<void> => {
  const { control, host } = installation;
  const row = await databaseRow(installation, databaseId);
  const operationId = (await control.db.selectFrom('operations').select('id').executeTakeFirstOrThrow()).id;
  const { version, image, tls_protocols } = row;
  await control.db.transaction().execute(async (tx) => {
    const address_index = await takeAddress(tx, row.environment_id, databaseId);
    await insertIncarnation(tx, {
      ...{ database_id: databaseId, incarnation: 2, state: 'kept', operation_id: operationId, keep_until: keepUntil },
      ...{ version, image, tls_protocols, address_index },
    });
  });
  const owner = { installation: control.installation, subject: databaseId };
  const name = volumeName(control.installation, databaseId, 2);
  await host.ensureVolume({ name, owner, labels: {} }, new AbortController().signal);
};

const volumes = async (databaseId: string): Promise<readonly string[]> => {
  const { control, host } = installation;
  const owned = await host.listOwned(control.installation, new AbortController().signal);
  return owned.volumes.filter(({ subject }) => subject === databaseId).map(({ name }) => name);
};

describe('a server that an upgrade has kept', () => {
  it('goes when its time is over, by an operation that is asked for once', async () => {
    const [early, due] = [await ready(), await ready()];
    await keep(early, new Date('2100-01-01'));
    await keep(due, new Date('2020-01-01'));
    expect(await requestDiscards(installation.control)).toBe(1);
    expect(await requestDiscards(installation.control)).toBe(0);
    const { db } = installation.control;
    const { id } = await db
      .selectFrom('operations')
      .select('id')
      .where('kind', '=', 'discard')
      .executeTakeFirstOrThrow();
    expect(await run(id)).toMatchObject({ kind: 'done' });
    expect(await volumes(due)).toEqual([containerName(installation.control.installation, due)]);
    expect(await volumes(early)).toHaveLength(2);
    const held = await db.selectFrom('environment_addresses').selectAll().where('database_id', '=', due).execute();
    expect(held).toHaveLength(1);
  });

  it('is left alone for an hour after its removal failed', async () => {
    const { control, host } = installation;
    const databaseId = await ready();
    await keep(databaseId, new Date('2020-01-01'));
    expect(await requestDiscards(control)).toBe(1);
    const last = control.db.selectFrom('operations').select('id').where('kind', '=', 'discard').orderBy('id', 'desc');
    const { id } = await last.executeTakeFirstOrThrow();
    host.faults.failAll(new HoldfastError('engine_error', 'the container cannot be removed'));
    for (let attempt = 1; attempt < operationKinds.discard.attempts; attempt++)
      expect(await run(id)).toMatchObject({ kind: 'retry' });
    expect(await run(id)).toEqual({ kind: 'fail', code: 'engine_error' });
    host.faults.failAll(null);
    expect(await requestDiscards(control)).toBe(0);
    const anHourAgo = new Date(Date.now() - 3_600_000);
    await control.db.updateTable('operations').set({ finished_at: anHourAgo }).where('id', '=', id).execute();
    expect(await requestDiscards(control)).toBe(1);
  });

  it('goes with its database', async () => {
    const databaseId = await ready();
    await keep(databaseId, new Date('2100-01-01'));
    expect(await run(await request(installation, databaseId, 'deprovision'))).toMatchObject({ kind: 'done' });
    expect(await volumes(databaseId)).toEqual([]);
    const found = await complaints(looked(installation));
    expect(found.filter((text) => text.includes(databaseId) || text.includes('addresses'))).toEqual([]);
  });

  it('goes before its time when somebody types the handle', async () => {
    const databaseId = await ready();
    await keep(databaseId, new Date('2100-01-01'));
    await expect(request(installation, databaseId, { type: 'discard' })).rejects.toMatchObject({
      code: 'confirmation_required',
    });
    const { handle } = await databaseRow(installation, databaseId);
    expect(await run(await request(installation, databaseId, { type: 'discard', confirm: handle }))).toMatchObject({
      kind: 'done',
    });
    expect(await volumes(databaseId)).toHaveLength(1);
  });
});
