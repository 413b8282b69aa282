import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { problemSchema } from '#contracts/http/problem.js';
import { connect } from '#persistence/connection.js';
import { createApiOn, startTestApi, type Reply, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const expectProblem = (reply: Reply, status: number, code: string): void => {
  expect([reply.status, reply.body?.code]).toEqual([status, code]);
  expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  problemSchema.parse(reply.body);
  expect(reply.body.requestId).toBe(reply.headers.get('x-request-id'));
};

const create = (body: unknown, headers = {}) =>
  api.send('POST', '/v1/environments/default/databases', { body, headers });

describe('a body', () => {
  it.each([
    ['no handle', {}, ['handle']],
    ['an empty handle', { handle: '' }, ['handle']],
    ['capitals', { handle: 'Hello' }, ['handle']],
    ['65 characters', { handle: 'a'.repeat(65) }, ['handle']],
    ['a path', { handle: '../etc/passwd' }, ['handle']],
    ['a dot at the start', { handle: '.hidden' }, ['handle']],
    ['Unicode', { handle: 'häuser' }, ['handle']],
    ['a line end', { handle: 'abc\n' }, ['handle']],
    ['NUL', { handle: 'a\u0000b' }, ['handle', 'handle']],
    ['half a surrogate pair', { handle: 'ok', version: '\ud800' }, ['version']],
    ['an unknown field', { handle: 'ok', colour: 'red' }, ['colour']],
    ['a prototype', '{"handle":"ok","__proto__":{"x":1}}', ['__proto__']],
    ['a text for a number', { handle: 'ok', memoryMb: '1024' }, ['memoryMb']],
    ['a fraction', { handle: 'ok', memoryMb: 100.5 }, ['memoryMb']],
    ['a huge number', { handle: 'ok', memoryMb: 1e300 }, ['memoryMb', 'memoryMb']],
    ['a negative number', { handle: 'ok', diskGb: -1 }, ['diskGb']],
    ['null', { handle: null }, ['handle']],
    ['an array', [], ['']],
    ['several at once', { handle: 'A', tlsOnly: 'yes', persistence: 'x' }, ['handle', 'persistence', 'tlsOnly']],
  ])('with %s is refused', async (_, body, paths) => {
    const reply = await create(body);
    expectProblem(reply, 400, 'invalid_request');
    expect((reply.body.errors ?? []).map((error) => error.path).sort()).toEqual(paths);
  });

  it.each(['{', '"text"', 'null', '{"handle":"x",}', '\u0000', '{"handle":"\ud800'])(
    '%j is not an object',
    async (body) => {
      expectProblem(await create(body), 400, 'invalid_request');
    },
  );

  it('that is no JSON has a remedy of its own, since no fields are listed', async () => {
    const { body } = await create('{"handle":"x",}');
    expect(body).toMatchObject({ code: 'invalid_request', remedy: 'Send one JSON object in UTF-8.' });
    expect(body.errors).toBeUndefined();
  });

  it('nested as deep as it is long does no harm', async () => {
    expectProblem(await create(`{"handle":${'['.repeat(40_000)}${']'.repeat(40_000)}}`), 400, 'invalid_request');
  });

  it('with ten thousand unknown fields is not answered with ten thousand problems', async () => {
    const reply = await create(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, 0])));
    expectProblem(reply, 400, 'invalid_request');
    expect(reply.body.errors).toHaveLength(20);
  });

  it('over 100 kB is too large', async () => {
    expectProblem(await create({ handle: 'x'.repeat(200_000) }), 413, 'payload_too_large');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
    'of type %j is not JSON',
    async (type) => {
      expectProblem(await create('{"handle":"x"}', { 'content-type': type }), 415, 'unsupported_media_type');
    },
  );

  it.each([{ 'content-encoding': 'nonsense' }, { 'content-type': 'application/json; charset=latin1' }])(
    'with %j cannot be read',
    async (headers) => {
      expectProblem(await create('{"handle":"x"}', headers), 415, 'unsupported_media_type');
    },
  );

  it('is refused where none belongs', async () => {
    const reply = await api.send('POST', `/v1/operations/${'0'.repeat(8)}-0000-7000-8000-000000000000/cancel`, {
      body: { force: true },
    });
    expectProblem(reply, 400, 'invalid_request');
  });
});

describe('a query', () => {
  it.each([
    'limit=0',
    'limit=201',
    'limit=-1',
    'limit=1.5',
    'limit=',
    'limit=0x10',
    'limit=1e2',
    'limit=1&limit=2',
    'limit[]=1',
    'limit=99999999999999999999',
    'cursor=nonsense',
    'cursor=%00',
    'cursor=a&cursor=b',
    `cursor=${'a'.repeat(1000)}`,
    'status=nonsense',
    'nonsense=1',
    '__proto__=1',
    'version=a%00b',
    'environment=%E0%A4%A',
    'environment=%ff',
  ])('%s is refused', async (query) => {
    expectProblem(await api.send('GET', `/v1/databases?${query}`), 400, 'invalid_request');
  });

  it('that names nothing that exists is refused, not answered with an empty list', async () => {
    expectProblem(await api.send('GET', '/v1/databases?environment=nowhere'), 404, 'environment_not_found');
    expectProblem(await api.send('GET', '/v1/operations?database=default/none'), 404, 'database_not_found');
  });

  it.each(['2026-13-01', 'yesterday', '2026-02-30', ''])('asOf=%s is no date', async (asOf) => {
    expectProblem(await api.send('GET', `/v1/versions?asOf=${asOf}`), 400, 'invalid_request');
  });

  it('asOf computes the status of another day', async () => {
    const statusAt = async (asOf: string) => (await api.send('GET', `/v1/versions?asOf=${asOf}`)).body.items[0]?.status;
    expect(await statusAt('2024-07-31')).toBe('available');
    expect(await statusAt('2024-08-01')).toBe('end-of-life');
    expect(await statusAt('2026-01-01')).toBe('deprecated');
  });
});

describe('a path', () => {
  it.each([
    '/nowhere',
    '/v1',
    '/v1/nowhere',
    '/v1/databases/a/b/c',
    '/v1//databases',
    '/v1/databases/%2e%2e%2f%2e%2e/x',
  ])('%s is not found', async (path) => {
    expectProblem(await api.send('GET', path), 404, 'not_found');
  });

  it.each([
    'x',
    'default%2Fnone',
    'default%2F',
    '%2F',
    'a%2Fb%2Fc',
    '..%2F..%2Fetc',
    '%F0%9F%92%A9',
    '1e1',
    "'%20OR%201=1--",
  ])('names no database: %s', async (id) => {
    expectProblem(await api.send('GET', `/v1/databases/${id}`), 404, 'database_not_found');
  });

  it.each(['%00', '%E0%A4%A', '%', '%ff%fe'])('with %s is refused', async (id) => {
    expectProblem(await api.send('GET', `/v1/databases/${id}`), 400, 'invalid_request');
  });

  it('knows which methods it has', async () => {
    const reply = await api.send('PUT', '/v1/databases');
    expectProblem(reply, 405, 'method_not_allowed');
    expect(reply.headers.get('allow')).toBe('GET');
  });
});

describe('headers', () => {
  it.each(['', 'ä', 'x'.repeat(256)])('the Idempotency-Key %j is refused', async (key) => {
    const reply = await create({ handle: 'key' }, { 'idempotency-key': key });
    expectProblem(reply, 400, 'invalid_request');
  });

  it('a request id comes back, unless it is not a word', async () => {
    const idFor = async (id: string) =>
      (await api.send('GET', '/health/live', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idFor('abc-1')).toBe('abc-1');
    expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that are not HTTP close the connection and nothing else', async () => {
    const { hostname, port } = new URL(api.url);
    await new Promise<void>((resolve) => {
      const socket = connectSocket(Number(port), hostname, () => socket.write('nonsense\r\n\r\n'));
      socket.on('close', () => resolve()).resume();
    });
    expect((await api.send('GET', '/health/live')).status).toBe(200);
  });
});

describe('without Postgres', () => {
  it('answers 503 with a time to try again, logs it once and stays alive', async () => {
    const db = connect({
      url: 'postgres://nobody@127.0.0.1:1/none',
      max: 1,
      role: 'app',
      onIdleError: () => undefined,
    });
    const away = await createApiOn({ ...api.control, db }, 'postgres://nobody@127.0.0.1:1/none');
    try {
      const reply = await away.send('GET', '/v1/databases');
      expectProblem(reply, 503, 'store_unreachable');
      expect(reply.headers.get('retry-after')).toBe('2');
      expect(reply.text).not.toContain('ECONNREFUSED');
      expect(away.log.filter((line) => line.includes('"msg":"failed"'))).toHaveLength(1);
      expectProblem(await away.send('GET', '/health/ready'), 503, 'store_unreachable');
      expect((await away.send('GET', '/health/live')).status).toBe(200);
    } finally {
      await away.close();
      await db.destroy();
    }
  });
});

describe('an unexpected failure', () => {
  it('tells the client a request id and nothing else', async () => {
    const broken = await createApiOn({ ...api.control, catalogue: null as never }, api.databaseUrl, api.ownerToken);
    try {
      const reply = await broken.send('GET', '/v1/versions', { headers: { 'x-request-id': 'find-me' } });
      expectProblem(reply, 500, 'internal_error');
      expect(reply.text).not.toMatch(/TypeError|\.ts|null/);
      expect(broken.log.filter((line) => line.includes('find-me') && line.includes('TypeError'))).toHaveLength(1);
    } finally {
      await broken.close();
    }
  });
});
