import { describe, expect, it } from '@jest/globals';
import { database, databaseId, operationOf, problem } from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const requests = `/v1/databases/${databaseId}/operations`;
const accepted: Scene = { status: 202, body: operationOf('queued', { type: 'deprovision' }) };

const startApi = (...scenes: Scene[]) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`POST ${requests}`]: scenes,
  });

const run = (api: ScriptedApi, line: string, options: InvocationOptions = {}) =>
  invoke([...line.split(' '), '--detach'], { environment: { HOLDFAST_URL: api.url }, ...options });

describe('what destroys', () => {
  it('is wrong usage without a confirmation and a terminal, and asks the API for nothing', async () => {
    await using api = await startApi(accepted);
    const { exitCode, errors } = await run(api, 'db:deprovision default/orders');
    expect(exitCode).toBe(2);
    expect(errors).toContain('--confirm orders');
    expect(api.requests('POST', requests)).toHaveLength(0);
  });

  it('takes --confirm', async () => {
    await using api = await startApi(accepted);
    expect((await run(api, 'db:deprovision default/orders --confirm orders')).exitCode).toBe(0);
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'deprovision', confirm: 'orders' });
  });

  it('asks on a terminal and leaves the judgement to the API', async () => {
    await using api = await startApi(problem(422, 'confirmation_required', '"other" was typed.'));
    const typed = { terminal: true, typed: 'other\n' };
    const { exitCode, errors } = await run(api, 'db:deprovision default/orders', typed);
    expect(exitCode).toBe(1);
    expect(errors).toContain('Type "orders" to confirm: ');
    expect(api.requests('POST', requests).map(({ body }) => body)).toEqual([{ type: 'deprovision', confirm: 'other' }]);
  });

  it('takes Ctrl-C for a no', async () => {
    await using api = await startApi(accepted);
    const { exitCode } = await run(api, 'db:deprovision default/orders', { terminal: true, typed: '\u0003' });
    expect(exitCode).toBe(130);
    expect(api.requests('POST', requests)).toHaveLength(0);
  });
});

describe('a restart', () => {
  it('asks for nothing when the API does not', async () => {
    await using api = await startApi(accepted);
    expect((await run(api, 'db:restart default/orders')).exitCode).toBe(0);
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'restart' });
  });

  it('passes the question of the API on, and its answer back', async () => {
    await using api = await startApi(problem(422, 'confirmation_required', 'All would be lost.'), accepted);
    const { exitCode, errors } = await run(api, 'db:reload default/orders', { terminal: true, typed: 'orders\n' });
    expect(exitCode).toBe(0);
    expect(errors).toContain('All would be lost.');
    const sent = api.requests('POST', requests);
    expect(sent.map(({ body }) => body)).toEqual([{ type: 'reload' }, { type: 'reload', confirm: 'orders' }]);
    expect(sent[0]?.headers['idempotency-key']).not.toBe(sent[1]?.headers['idempotency-key']);
  });

  it('needs --confirm for that when there is no terminal', async () => {
    await using api = await startApi(problem(422, 'confirmation_required', 'All would be lost.'));
    expect(await run(api, 'db:restart default/orders')).toMatchObject({
      exitCode: 2,
      errors: expect.stringContaining('All would be lost. There is no terminal to ask on'),
    });
  });
});
