import { describe, expect, it } from '@jest/globals';
import { database, databaseId, operationOf, problem } from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const requests = `/v1/databases/${databaseId}/operations`;
const accepted: Scene = { status: 202, body: operationOf('queued', { type: 'rotate-credentials' }) };

const startApi = (...scenes: Scene[]) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`PATCH /v1/databases/${databaseId}`]: [{ status: 200, body: database }],
    'GET /v1/operations': [
      { status: 200, body: { items: [operationOf('queued', { type: 'rename' })], nextCursor: null } },
    ],
    [`POST ${requests}`]: scenes,
  });

const run = (api: ScriptedApi, line: string, options: InvocationOptions = {}) =>
  invoke([...line.split(' '), '--detach'], { environment: { HOLDFAST_URL: api.url }, ...options });

const sent = (api: ScriptedApi) => api.requests('POST', requests).map(({ body }) => body);

describe('db:rotate-credentials', () => {
  it('asks for a rotation, with the grace time that was given', async () => {
    await using api = await startApi(accepted);
    expect((await run(api, 'db:rotate-credentials default/orders')).exitCode).toBe(0);
    expect((await run(api, 'db:rotate-credentials default/orders --grace-hours 2')).exitCode).toBe(0);
    expect(sent(api)).toEqual([{ type: 'rotate-credentials' }, { type: 'rotate-credentials', graceHours: 2 }]);
  });

  it('with --now says what comes of it, and has the handle typed', async () => {
    await using api = await startApi(problem(422, 'confirmation_required', 'Clients are dropped.'), accepted);
    const typed = { terminal: true, typed: 'orders\n' };
    const { exitCode, errors } = await run(api, 'db:rotate-credentials default/orders --now', typed);
    expect([exitCode, errors.includes('Clients are dropped.')]).toEqual([0, true]);
    expect(sent(api)).toEqual([
      { type: 'rotate-credentials', now: true },
      { type: 'rotate-credentials', now: true, confirm: 'orders' },
    ]);
  });

  it.each(['--now --grace-hours 2', '--grace-hours soon', '--grace-hours -1'])(
    'is wrong usage: %s',
    async (options) => {
      await using api = await startApi(accepted);
      expect((await run(api, `db:rotate-credentials default/orders ${options}`)).exitCode).toBe(2);
      expect(sent(api)).toEqual([]);
    },
  );
});

describe('db:retire-credentials', () => {
  it('takes --confirm', async () => {
    await using api = await startApi(accepted);
    expect((await run(api, 'db:retire-credentials default/orders --confirm orders')).exitCode).toBe(0);
    expect(sent(api)).toEqual([{ type: 'retire-credentials', confirm: 'orders' }]);
  });
});

describe('db:rename', () => {
  it('changes the handle and names the operation', async () => {
    await using api = await startApi(accepted);
    const { exitCode, output } = await run(api, 'db:rename default/orders sales');
    expect([exitCode, output.includes('operation:follow')]).toEqual([0, true]);
    expect(api.requests('PATCH', `/v1/databases/${databaseId}`)[0]?.body).toEqual({ handle: 'sales' });
  });
});
