import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { HandMadeRun } from '../../support/operation-run.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const create = async (handle: string, more: object = {}, environment = 'default') =>
  api.send('POST', `/v1/environments/${environment}/databases`, { body: { handle, ...more } });

const get = async (path: string) => (await api.send('GET', path)).body;

const actions = async (query: string): Promise<string[]> =>
  (await get(`/v1/audit/events?${query}`)).items.map((event) => event.action);

describe('create', () => {
  it('answers with the database and the operation exactly as they are read afterwards', async () => {
    const reply = await create('hello', { version: '8.0-aof', memoryMb: 256 });
    const { database, operation } = reply.body;
    expect(reply.headers.get('location')).toBe(`/v1/operations/${operation.id}`);
    expect(database).toMatchObject({
      environment: 'default',
      handle: 'hello',
      status: 'pending',
      lifecycle: 'available',
    });
    expect(database).toMatchObject({ role: 'primary', health: 'unknown', source: null, replicas: [], memoryMb: 256 });
    expect(database.endpoints.map((door: { type: string; follows: string }) => [door.type, door.follows])).toEqual([
      ['redis', 'database'],
      ['redis+ssl', 'database'],
      ['redis', 'primary'],
      ['redis+ssl', 'primary'],
    ]);
    expect(await get('/v1/databases/default%2Fhello')).toEqual(database);
    expect(await get(`/v1/databases/${database.id.toUpperCase()}`)).toEqual(database);
    expect(await get(`/v1/operations/${operation.id}`)).toEqual(operation);
    expect(operation).toMatchObject({ type: 'provision', status: 'queued', targets: [database.id], steps: [] });
    expect(operation).toMatchObject({ requestedBy: 'token:owner', error: null, receipt: null, startedAt: null });
    expect(await actions(`database=${database.id}`)).toEqual(['provision.requested']);
  });

  it('says what a memory-only database loses', async () => {
    const { database } = (await create('memory', { version: '8.0-nordb' })).body as { database: Database };
    expect(database).toMatchObject({ persistence: 'none', persistenceLabel: 'NO PERSISTENCE' });
    expect(database.warnings).toHaveLength(1);
  });

  it('leaves the plain doors away on wish', async () => {
    const { database } = (await create('tls', { tlsOnly: true })).body as { database: Database };
    expect(database.endpoints.map((door) => door.type)).toEqual(['redis+ssl', 'redis+ssl']);
    const credentials = await get('/v1/databases/default%2Ftls/credentials');
    expect(credentials.items.every((item: { url: string }) => item.url.startsWith('rediss://'))).toBe(true);
  });

  it.each([
    [{ version: '7.0' }, 422, 'version_deprecated'],
    [{ version: '9.9' }, 422, 'version_unknown'],
    [{ version: '8.0-nordb', persistence: 'aof' }, 422, 'persistence_conflict'],
  ])('refuses %j', async (more, status, code) => {
    const reply = await create('refused', more);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  });

  it('refuses an environment that does not exist', async () => {
    expect((await create('x', {}, 'nowhere')).body.code).toBe('environment_not_found');
  });
});

describe('credentials', () => {
  it('come as URLs, and each look at them is in the history', async () => {
    const { database } = (await create('secret')).body as { database: Database };
    const { items } = await get('/v1/databases/default%2Fsecret/credentials');
    const [plain, tls] = items;
    const [plainDoor, tlsDoor] = database.endpoints;
    expect(plain?.password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(plain?.url).toBe(`redis://tenant:${plain?.password}@127.0.0.1:${plainDoor?.port}`);
    expect(tls?.url).toBe(`rediss://tenant:${plain?.password}@127.0.0.1:${tlsDoor?.port}`);
    expect(await actions(`database=${database.id}&action=credentials.revealed`)).toHaveLength(1);
    expect(api.log.join('') + (await api.send('GET', '/v1/audit/export')).text).not.toContain(plain?.password);
  });
});

describe('lists', () => {
  it('page through everything once, whatever is made meanwhile', async () => {
    await api.send('POST', '/v1/environments', { body: { name: 'many' } });
    for (let index = 0; index < 7; index++) await create(`m${index}`, {}, 'many');
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await get(`/v1/databases?environment=many&limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map((database) => database.handle));
      cursor = page.nextCursor ?? '';
      if (seen.length === 3) await create('late', {}, 'many');
    } while (cursor !== '');
    expect(seen).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'late']);
  });

  it('filter', async () => {
    expect((await get('/v1/databases?environment=many&status=provisioned')).items).toEqual([]);
    expect((await get('/v1/databases?environment=many&status=pending&version=8.0')).items).toHaveLength(8);
    const operations = (await get('/v1/operations?database=many/m3&type=provision&status=queued&actor=token:owner'))
      .items;
    expect(operations).toHaveLength(1);
    expect((await get('/v1/operations?environment=many&limit=1')).items[0]?.databases[0]?.handle).toBe('late');
    expect((await get('/v1/operations?actor=token:nobody')).items).toEqual([]);
  });

  it('of the history go from the newest to the oldest entry', async () => {
    const first = await get('/v1/audit/events?limit=2');
    const second = await get(`/v1/audit/events?limit=2&cursor=${first.nextCursor}`);
    const seqs = [...first.items, ...second.items].map((event: { seq: number }) => event.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => b - a));
    expect(new Set(seqs).size).toBe(4);
  });

  it('export the whole history as JSON lines', async () => {
    const text = (await api.send('GET', '/v1/audit/export')).text;
    const seqs = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });
});

describe('operations', () => {
  it('refuse what must be confirmed, protected or finished', async () => {
    const { id } = (await create('kept', { deletionProtection: true })).body.database;
    const request = (body: object) => api.send('POST', `/v1/databases/${id}/operations`, { body });
    expect((await request({ type: 'deprovision', confirm: 'kept' })).body.code).toBe('deletion_protected');
    const patched = await api.send('PATCH', `/v1/databases/${id}`, { body: { deletionProtection: false } });
    expect(patched.body.deletionProtection).toBe(false);
    expect(await get(`/v1/databases/${id}`)).toEqual(patched.body);
    expect((await request({ type: 'deprovision', confirm: 'wrong' })).body.code).toBe('confirmation_required');
    const accepted = await request({ type: 'deprovision', confirm: 'kept' });
    expect(accepted.status).toBe(202);
    expect(accepted.body).toEqual(await get(`/v1/operations/${accepted.body.id}`));
    expect(await actions(`database=${id}`)).toEqual([
      'deprovision.requested',
      'database.changed',
      'provision.requested',
    ]);
  });

  it('can be retried once they have failed', async () => {
    const { operation, database } = (await create('failing')).body;
    const retry = () => api.send('POST', `/v1/operations/${operation.id}/retry`);
    expect((await retry()).body.code).toBe('operation_not_retryable');
    await (await HandMadeRun.claim(api.control, operation.id)).end('fail');
    expect((await get(`/v1/operations/${operation.id}`)).error).toMatchObject({ code: 'engine_error', leftBehind: [] });
    const retried = await retry();
    expect(retried.body).toMatchObject({ type: 'provision', status: 'queued', retryOf: operation.id });
    expect((await get(`/v1/databases/${database.id}/status`)).operation.id).toBe(retried.body.id);
  });
});

describe('environments', () => {
  it('can be deleted when they hold no database, and their names are free again', async () => {
    const made = await api.send('POST', '/v1/environments', { body: { name: 'passing' } });
    expect(made.status).toBe(201);
    expect((await api.send('POST', '/v1/environments', { body: { name: 'passing' } })).body.code).toBe(
      'environment_taken',
    );
    const { operation } = (await create('guest', {}, 'passing')).body;
    expect((await api.send('DELETE', '/v1/environments/passing')).body.code).toBe('environment_not_empty');
    await api.send('POST', `/v1/operations/${operation.id}/cancel`);
    expect((await api.send('DELETE', `/v1/environments/${made.body.id}`)).status).toBe(204);
    expect((await api.send('GET', '/v1/environments/passing')).status).toBe(404);
    expect((await create('late', {}, made.body.id)).body.code).toBe('environment_not_found');
    expect((await get(`/v1/operations/${operation.id}`)).status).toBe('cancelled');
    expect((await api.send('POST', '/v1/environments', { body: { name: 'passing' } })).status).toBe(201);
    expect(await actions(`environment=${made.body.id}&action=environment.deleted`)).toHaveLength(1);
  });

  it('never take a database while they are being deleted', async () => {
    for (let round = 0; round < 10; round++) {
      const name = `race-${round}`;
      await api.send('POST', '/v1/environments', { body: { name } });
      const [deleted, created] = await Promise.all([
        api.send('DELETE', `/v1/environments/${name}`),
        create('racer', {}, name),
      ]);
      expect([
        [204, 404],
        [409, 202],
      ]).toContainEqual([deleted.status, created.status]);
    }
  });
});

describe('what is there for machines', () => {
  it('the metrics name routes by their template', async () => {
    const { text } = await api.send('GET', '/metrics', { token: null });
    expect(text).toContain('route="/v1/databases/:id"');
    expect(text).toMatch(/holdfast_databases\{status="pending",app="api"\} \d+/);
    expect(text).toMatch(/holdfast_operations\{kind="provision",status="queued",app="api"\} \d+/);
    expect(text).toMatch(/holdfast_outbox_depth\{app="api"\} \d+/);
  });

  it('the probes answer', async () => {
    expect((await api.send('GET', '/health/live', { token: null })).body).toEqual({ status: 'alive' });
    expect((await api.send('GET', '/health/ready', { token: null })).body).toEqual({ status: 'ready' });
  });
});
