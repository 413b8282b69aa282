import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../api/documents.js';
import { database, databaseId, ended, operationId, operationOf, problem } from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const requests = `/v1/databases/${databaseId}/operations`;
const formerPrimaryId = '0199d3a0-0000-7000-8000-000000000008';
const databases = [
  { id: databaseId, handle: 'orders' },
  { id: formerPrimaryId, handle: 'old' },
];

const startApi = (receipt: Operation['receipt'], ...scenes: Scene[]) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: { ...database, role: 'replica' } }],
    [`GET /v1/operations/${operationId}/log`]: [ended],
    [`POST ${requests}`]: [...scenes, { status: 202, body: operationOf('queued', { type: 'promote' }) }],
    [`GET /v1/operations/${operationId}`]: [
      { status: 200, body: operationOf('succeeded', { type: 'promote', databases, receipt }) },
    ],
  });

const run = (api: ScriptedApi, words: string, options: InvocationOptions = {}) =>
  invoke(['db:promote', 'default/orders', ...words.split(' ').filter(Boolean)], {
    environment: { HOLDFAST_URL: api.url },
    ...options,
  });

const switchover = { method: 'switchover', mode: 'strict', writePauseMs: 11.7, lostBytes: 0, formerPrimaryId } as const;

describe('db:promote', () => {
  it('promotes strictly unless told otherwise, says what it means, and prints the receipt', async () => {
    await using api = await startApi({
      ...switchover,
      sourceOffset: 1200,
      replicaOffset: 1200,
      requestedBy: 'token:me',
    });
    const { exitCode, output, errors } = await run(api, '');
    expect(exitCode).toBe(0);
    expect(errors).toContain('clients of the primary door are dropped once');
    expect(output.split('\n')).toEqual([
      'primary:         orders',
      'former primary:  old, a replica now',
      'method:          switchover',
      'mode:            strict',
      'write pause:     12 ms',
      'lost bytes:      0',
      'source offset:   1200',
      'replica offset:  1200',
      'requested by:    token:me',
      '',
    ]);
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'promote', mode: 'strict' });
  });

  it('says that the old primary is fenced, too, when it took part and could not follow a newer version', async () => {
    await using api = await startApi({ ...switchover, mode: 'force', formerRole: 'fenced' });
    const { output } = await run(api, '--mode force --confirm orders');
    expect(output).toMatch(/^former primary: +old, fenced$/m);
  });

  it('by force says that nobody knows what was lost, and that the old primary is fenced', async () => {
    const ahead = [{ databaseId, handle: 'orders-3', bytes: 40 }];
    const receipt = {
      method: 'failover',
      mode: 'force',
      lostBytes: null,
      formerPrimaryId,
      replicasAhead: ahead,
      lostBytesAtLeast: 7,
      lastSeenSourceAt: '2026-11-22T09:59:50.000Z',
    } as const;
    await using api = await startApi(receipt);
    const { exitCode, output } = await run(api, '--mode force --confirm orders');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^former primary: +old, fenced$/m);
    expect(output).toMatch(/^lost bytes: +not known; at least 7 of what there was at 2026-11-22T09:59:50\.000Z$/m);
    expect(output).not.toContain('write pause');
    expect(output).toContain('orders-3 held 40 bytes more');
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'promote', mode: 'force' });
  });

  it.each([
    ['without the handle', '--mode force', {}, 2],
    ['with another handle', '--mode force --confirm other', {}, 1],
    ['with another handle, typed', '--mode force', { terminal: true, typed: 'other\n' }, 1],
    ['with a bound', '--mode force --max-lost-bytes 5', {}, 2],
  ] as const)('by force %s is not asked for', async (_, words, options, expected) => {
    await using api = await startApi(null);
    const { exitCode, errors } = await run(api, words, options);
    expect({ exitCode, asked: api.requests('POST', requests) }).toEqual({ exitCode: expected, asked: [] });
    if (!words.includes('bytes')) expect(errors).toContain('may lose acknowledged writes');
  });

  it('asks for the handle on a terminal', async () => {
    await using api = await startApi(switchover);
    const { exitCode, errors } = await run(api, '--mode force', { terminal: true, typed: 'orders\n' });
    expect(exitCode).toBe(0);
    expect(errors).toContain('Type "orders" to confirm: ');
  });

  it('within a bound needs the bound', async () => {
    await using api = await startApi(switchover);
    expect(await run(api, '--mode limited')).toMatchObject({ exitCode: 2 });
    expect(await run(api, '--mode limited --max-lost-bytes 4096')).toMatchObject({ exitCode: 0 });
    expect(api.requests('POST', requests).map(({ body }) => body)).toEqual([
      { type: 'promote', mode: 'limited', maxLostBytes: 4096 },
    ]);
  });

  it('fails with the reason', async () => {
    await using api = await startApi(null, problem(409, 'not_a_replica', '"orders" is a primary database.'));
    expect(await run(api, '')).toMatchObject({ exitCode: 1, errors: expect.stringContaining('(not_a_replica)') });
  });
});

describe('db:unlink', () => {
  const unlink = (api: ScriptedApi, ...words: string[]) =>
    invoke(['db:unlink', 'default/orders', ...words, '--detach'], { environment: { HOLDFAST_URL: api.url } });

  it('needs the handle', async () => {
    await using api = await startApi(null);
    expect(await unlink(api)).toMatchObject({ exitCode: 2, errors: expect.stringContaining('--confirm orders') });
    expect(await unlink(api, '--confirm', 'orders')).toMatchObject({ exitCode: 0 });
    expect(api.requests('POST', requests).map(({ body }) => body)).toEqual([{ type: 'unlink', confirm: 'orders' }]);
  });
});
