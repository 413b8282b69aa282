import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../api/documents.js';
import { database, databaseId, ended, operationId, operationOf, page, problem } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const requests = `/v1/databases/${databaseId}/operations`;
const replicaId = '0199d3a0-0000-7000-8000-000000000009';
const replica = { ...database, id: replicaId, handle: 'orders-2', role: 'replica', source: databaseId } as const;
const operation: Partial<Operation> = { type: 'replicate', targets: [replicaId, databaseId] };

const credential = (follows: string, port: number) => ({
  ...{ type: 'redis+ssl', follows, username: 'tenant', password: 'secret' },
  url: `rediss://tenant:secret@127.0.0.1:${port}`,
});

const startApi = (end: Scene, request: Scene = { status: 202, body: operationOf('queued', operation) }) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`POST ${requests}`]: [request],
    [`GET /v1/operations/${operationId}`]: [end],
    [`GET /v1/operations/${operationId}/log`]: [ended],
    [`GET /v1/databases/${replicaId}`]: [{ status: 200, body: replica }],
    [`GET /v1/databases/${replicaId}/credentials`]: [page(credential('database', 20011), credential('primary', 20003))],
  });

const run = (api: ScriptedApi, line: string) => invoke(line.split(' '), { environment: { HOLDFAST_URL: api.url } });
const succeeded: Scene = { status: 200, body: operationOf('succeeded', operation) };

describe('db:replicate', () => {
  it('asks the source for a replica, follows it and prints its own URL alone', async () => {
    await using api = await startApi(succeeded);
    const line = 'db:replicate default/orders orders-2 --container-size 2048 --disk-size 20';
    const { exitCode, output, errors } = await run(api, line);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: 'rediss://tenant:secret@127.0.0.1:20011\n' });
    expect(errors).toContain('replicate succeeded');
    const body = { type: 'replicate', handle: 'orders-2', memoryMb: 2048, diskGb: 20 };
    expect(api.requests('POST', requests)[0]?.body).toEqual(body);
  });

  it('names nothing that nobody gave, and returns at once with --detach', async () => {
    await using api = await startApi(succeeded);
    const { exitCode, output } = await run(api, 'db:replicate default/orders orders-2 --detach');
    expect({ exitCode, output }).toEqual({
      exitCode: 0,
      output: `Recorded as operation ${operationId}. Follow it: holdfast operation:follow ${operationId}\n`,
    });
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'replicate', handle: 'orders-2' });
  });

  it('fails when it is refused, and when the operation fails', async () => {
    await using refusing = await startApi(succeeded, problem(422, 'replica_too_small', 'Too small.'));
    expect(await run(refusing, 'db:replicate default/orders orders-2')).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('Too small. (replica_too_small)'),
    });
    const error = { code: 'server_not_ready' as const, detail: 'No link.', remedy: 'Look.', leftBehind: [] };
    await using failing = await startApi({ status: 200, body: operationOf('failed', { ...operation, error }) });
    expect(await run(failing, 'db:replicate default/orders orders-2')).toMatchObject({ exitCode: 1, output: '' });
  });

  it('needs both names', async () => {
    await using api = await startApi(succeeded);
    expect(await run(api, 'db:replicate default/orders')).toMatchObject({ exitCode: 2 });
  });
});

describe('db:url of a replica', () => {
  const urlOf = async (line: string) => {
    await using api = await startApi(succeeded);
    return (await run(api, `db:url ${replicaId}${line}`)).output;
  };

  it('is that of its own door, or the primary one when asked for', async () => {
    expect(await urlOf('')).toContain(':20011');
    expect(await urlOf(' --follows primary')).toContain(':20003');
  });
});
