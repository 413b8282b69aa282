import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import { containerName, volumeName } from '#domain/server/names.js';
import { takeAddress } from '#persistence/environments.js';
import { insertIncarnation } from '#persistence/incarnations.js';
import { startTestApi, type Reply, type TestApi } from '../../support/api.js';
import { HandMadeRun } from '../../support/operation-run.js';
import { databaseRow } from '../../support/requests.js';

/** What the API tells of upgrades beyond the operation itself. */

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

/** One of the former version that is ready. Returns its id. */
const ready = async (handle: string): Promise<string> => {
  const { database, operation } = (await api.send('POST', '/v1/environments/default/databases', { body: { handle } }))
    .body;
  await (await HandMadeRun.claim(api.control, operation.id)).end('succeed');
  const { db } = api.control;
  const former = { version: '7.0', image: 'holdfast/redis:7.0', status: 'provisioned' } as const;
  await db.updateTable('databases').set(former).where('id', '=', database.id).execute();
  return database.id;
};

/** One that has ended, with this receipt. Returns its id. */
const upgraded = async (handle: string, method: UpgradeMethod, end: 'succeed' | 'fail', receipt: object = {}) => {
  const id = await ready(handle);
  const asked = await api.send('POST', `/v1/databases/${id}/operations`, {
    body: { type: 'upgrade', version: '8.0', method },
  });
  return { id, operationId: await ended(asked, end, receipt) };
};

const ended = async (asked: Reply, end: 'succeed' | 'fail', receipt: object): Promise<string> => {
  expect(asked.status).toBe(202);
  const operationId = String((asked.body as unknown as { id: string }).id);
  await (await HandMadeRun.claim(api.control, operationId)).end(end);
  const { db } = api.control;
  if (end === 'succeed')
    await db
      .updateTable('operations')
      .set({ receipt: JSON.stringify(receipt) })
      .where('id', '=', operationId)
      .execute();
  return operationId;
};

/** To a server that an upgrade is said to have kept. */
const wentBack = async (handle: string, end: 'succeed' | 'fail', receipt: object = {}): Promise<void> => {
  const { id, operationId } = await upgraded(handle, 'swap', 'succeed');
  const { environment_id: environmentId } = await databaseRow(api, id);
  await api.control.db.transaction().execute(async (tx) =>
    insertIncarnation(tx, {
      ...{ database_id: id, operation_id: operationId, version: '7.0', image: 'x', tls_protocols: [] },
      ...{ incarnation: 2, state: 'kept', persistence: 'aof' },
      ...{ kept_at: new Date(), keep_until: new Date('2100-01-01') },
      address_index: await takeAddress(tx, environmentId, id),
    }),
  );
  const body = { type: 'go-back', confirm: handle };
  await ended(await api.send('POST', `/v1/databases/${id}/operations`, { body }), end, receipt);
};

const metrics = async (): Promise<string> => (await api.send('GET', '/metrics', { token: null })).text;

describe('the metrics of upgrades', () => {
  it('are there before the first one', async () => {
    for (const method of ['swap', 'in-place', 'back'])
      expect(await metrics()).toContain(`holdfast_upgrades_total{method="${method}",outcome="failed",app="api"} 0`);
  });

  it('count what has ended by method and outcome, and have each pause once, however often they are read', async () => {
    await upgraded('swapped-1', 'swap', 'succeed', { writePauseMs: 42.5 });
    await upgraded('swapped-2', 'swap', 'succeed', { writePauseMs: 120 });
    // Its worker died in the middle: nobody has measured the pause.
    await upgraded('swapped-3', 'swap', 'succeed', { writePauseMs: null });
    await upgraded('swapped-4', 'swap', 'fail');
    await upgraded('placed', 'in-place', 'succeed', { writePauseMs: 1_500 });
    await metrics();
    const text = await metrics();
    for (const line of [
      'holdfast_upgrades_total{method="swap",outcome="succeeded",app="api"} 3',
      'holdfast_upgrades_total{method="swap",outcome="failed",app="api"} 1',
      'holdfast_upgrades_total{method="in-place",outcome="succeeded",app="api"} 1',
      'holdfast_upgrade_write_pause_seconds_bucket{le="0.025",app="api",method="swap"} 0',
      'holdfast_upgrade_write_pause_seconds_bucket{le="0.05",app="api",method="swap"} 1',
      'holdfast_upgrade_write_pause_seconds_bucket{le="0.15",app="api",method="swap"} 2',
      'holdfast_upgrade_write_pause_seconds_count{app="api",method="swap"} 2',
      'holdfast_upgrade_write_pause_seconds_sum{app="api",method="in-place"} 1.5',
    ])
      expect(text).toContain(line);
  });
});

describe('the metrics of ways back', () => {
  it('stand beside those of upgrades, by a method of their own', async () => {
    await wentBack('back-1', 'succeed', { writePauseMs: 30 });
    await wentBack('back-2', 'succeed', { writePauseMs: null });
    await wentBack('back-3', 'fail');
    const text = await metrics();
    for (const line of [
      'holdfast_upgrades_total{method="back",outcome="succeeded",app="api"} 2',
      'holdfast_upgrades_total{method="back",outcome="failed",app="api"} 1',
      'holdfast_upgrade_write_pause_seconds_bucket{le="0.05",app="api",method="back"} 1',
      'holdfast_upgrade_write_pause_seconds_count{app="api",method="back"} 1',
    ])
      expect(text).toContain(line);
  });
});

describe('a server that an upgrade has kept', () => {
  it('is in the document of its database, and one that is to take over is not', async () => {
    const { id, operationId } = await upgraded('keeps', 'swap', 'succeed');
    expect((await api.send('GET', `/v1/databases/${id}`)).body.keptServers).toEqual([]);
    const { control } = api;
    const { environment_id: environmentId } = await databaseRow(api, id);
    const [since, until] = [new Date('2026-11-27T10:00:00.000Z'), new Date('2100-01-01T00:00:00.000Z')];
    await control.db.transaction().execute(async (tx) => {
      const server = { database_id: id, operation_id: operationId, version: '7.0', image: 'x', tls_protocols: [] };
      const address = () => takeAddress(tx, environmentId, id);
      await insertIncarnation(tx, {
        ...{ ...server, incarnation: 2, state: 'kept', kept_at: since, keep_until: until, persistence: 'aof' },
        address_index: await address(),
      });
      await insertIncarnation(tx, { ...server, incarnation: 3, state: 'successor', address_index: await address() });
    });
    const kept = {
      container: containerName(control.installation, id, 2),
      volume: volumeName(control.installation, id, 2),
      ...{ version: '7.0', upgrade: operationId },
      ...{ since: since.toISOString(), until: until.toISOString() },
    };
    expect((await api.send('GET', `/v1/databases/${id}`)).body.keptServers).toEqual([kept]);
    const listed = (await api.send('GET', '/v1/databases')).body.items.find((one) => one.id === id);
    expect(listed?.keptServers).toEqual([kept]);
  });
});
