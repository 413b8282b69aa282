import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const create = (handle: string, headers: Record<string, string> = {}, token = api.ownerToken) =>
  api.send('POST', '/v1/environments/default/databases', { body: { handle }, headers, token });

const count = async (table: 'databases' | 'operations' | 'outbox' | 'audit_events' | 'credentials'): Promise<number> =>
  (await api.control.db.selectFrom(table).selectAll().execute()).length;

const times = (n: number, act: (index: number) => Promise<{ status: number }>) =>
  Promise.all(Array.from({ length: n }, (_, index) => act(index)));

it('makes one database of 20 concurrent requests with one key, and answers all alike', async () => {
  const before = [await count('databases'), await count('operations'), await count('audit_events')];
  const replies = await Promise.all(Array.from({ length: 20 }, () => create('once', { 'idempotency-key': 'k1' })));
  expect(replies.map((reply) => reply.status)).toEqual(Array(20).fill(202));
  expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
  expect(new Set(replies.map((reply) => reply.headers.get('location'))).size).toBe(1);
  expect(replies.filter((reply) => reply.headers.get('idempotency-replayed') === 'true')).toHaveLength(19);
  const after = [await count('databases'), await count('operations'), await count('audit_events')];
  expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([1, 1, 1]);
});

it('lets one of ten concurrent requests for a handle through', async () => {
  const replies = await times(10, () => create('wanted'));
  expect(replies.map((reply) => reply.status).sort()).toEqual([202, ...Array<number>(9).fill(409)]);
});

it('leaves nothing of a refused request, and its key unused', async () => {
  await create('taken');
  const before = await Promise.all([count('databases'), count('outbox'), count('credentials'), count('audit_events')]);
  const refused = await create('taken', { 'idempotency-key': 'k2' });
  expect(refused.body.code).toBe('handle_taken');
  const after = await Promise.all([count('databases'), count('outbox'), count('credentials'), count('audit_events')]);
  expect(after).toEqual(before);
  expect((await create('free', { 'idempotency-key': 'k2' })).status).toBe(202);
});

it('refuses a key that comes with another request', async () => {
  await create('first', { 'idempotency-key': 'k3' });
  const reply = await create('second', { 'idempotency-key': 'k3' });
  expect([reply.status, reply.body.code]).toEqual([422, 'idempotency_key_reused']);
});

it('keeps the keys of two tokens apart', async () => {
  const other = await api.token('other', ['deploy']);
  expect((await create('mine', { 'idempotency-key': 'k4' })).status).toBe(202);
  const reply = await create('yours', { 'idempotency-key': 'k4' }, other);
  expect(reply.status).toBe(202);
  expect(reply.headers.get('idempotency-replayed')).toBeNull();
});

it.each([
  ['an environment', '/v1/environments', { name: 'twice' }],
  ['a token', '/v1/tokens', { name: 'twice', permissions: ['read'] }],
  ['an operation', '/v1/databases/default%2Fonce/operations', { type: 'deprovision', confirm: 'once' }],
])('replays %s', async (_, path, body) => {
  const send = () => api.send('POST', path, { body, headers: { 'idempotency-key': `key of ${path}` } });
  const [first, second] = [await send(), await send()];
  expect(second.status).toBe(first.status);
  expect(second.body).toEqual(first.body);
  expect(second.headers.get('location')).toBe(first.headers.get('location'));
  expect(second.headers.get('idempotency-replayed')).toBe('true');
});

it('keeps no secret in clear for a replay', async () => {
  const body = { name: 'secret', permissions: ['read'] };
  const made = await api.send('POST', '/v1/tokens', { body, headers: { 'idempotency-key': 'k5' } });
  const rows = await api.control.db.selectFrom('idempotency_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(made.body.token);
});

it('replays a cancel', async () => {
  const { operation } = (await create('cancelled')).body as { operation: { id: string } };
  const cancel = () =>
    api.send('POST', `/v1/operations/${operation.id}/cancel`, { headers: { 'idempotency-key': 'k6' } });
  expect((await cancel()).body.status).toBe('cancelled');
  expect((await cancel()).body.status).toBe('cancelled');
  const again = await api.send('POST', `/v1/operations/${operation.id}/cancel`);
  expect(again.body.code).toBe('operation_finished');
});
