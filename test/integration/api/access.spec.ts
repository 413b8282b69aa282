import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allRoutes } from '#contracts/http/routes.js';
import { permissions, type Permission } from '#domain/permissions/permission.js';
import { newId } from '#operations/control.js';
import { tokenHash } from '#operations/secrets/generate.js';
import { startTestApi, type TestApi } from '../../support/api.js';

let api: TestApi;
const tokens = new Map<Permission, string>();

beforeAll(async () => {
  api = await startTestApi();
  for (const permission of permissions) tokens.set(permission, await api.token(`only-${permission}`, [permission]));
});
afterAll(() => api.close());

/** A path that is right in form; nothing exists there. */
const somePath = (template: string): string => template.replace('{env}', 'nowhere').replace('{id}', newId());

describe('who may call', () => {
  it.each(allRoutes.filter((route) => route.access !== 'public'))('$id asks for a token', async ({ method, path }) => {
    const reply = await api.send(method.toUpperCase(), somePath(path), { token: null });
    expect(reply.status).toBe(401);
    expect(reply.body.code).toBe('unauthenticated');
    expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="holdfast"');
  });

  it.each(allRoutes.filter((route) => route.access === 'public'))('$id is public', async ({ method, path }) => {
    expect((await api.send(method.toUpperCase(), path, { token: null })).status).not.toBe(401);
  });

  it.each([
    ['POST', '/v1/environments', 'deploy', 'admin'],
    ['DELETE', '/v1/environments/nowhere', 'deploy', 'destroy'],
    ['POST', '/v1/environments/nowhere/databases', 'ops', 'deploy'],
    ['GET', '/v1/databases/nowhere%2Fx/credentials', 'deploy', 'sensitive'],
    ['GET', '/v1/tokens', 'admin', 'owner'],
  ] as const)('%s %s is refused to %s, which lacks %s', async (method, path, held, needed) => {
    const refused = await api.send(method, path, { token: tokens.get(held) ?? '' });
    expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
    expect(refused.body.detail).toContain(`"${needed}"`);
    const allowed = await api.send(method, path, { token: tokens.get(needed) ?? '' });
    expect(allowed.status).not.toBe(403);
  });

  it.each([
    ['restart', 'read', 'ops'],
    ['reload', 'destroy', 'ops'],
    ['deprovision', 'deploy', 'destroy'],
  ] as const)('%s is refused to %s, which lacks %s', async (type, held, needed) => {
    const path = `/v1/databases/${newId()}/operations`;
    const refused = await api.send('POST', path, { token: tokens.get(held) ?? '', body: { type } });
    expect([refused.status, refused.body.code]).toEqual([403, 'permission_denied']);
    expect(refused.body.detail).toContain(`"${needed}"`);
    const allowed = await api.send('POST', path, { token: tokens.get(needed) ?? '', body: { type } });
    expect(allowed.body.code).toBe('database_not_found');
  });
});

describe('tokens', () => {
  it.each(['Bearer', 'Bearer ', 'Bearer nonsense', 'Basic b3duZXI6eA==', 'nonsense', 'Bearer a b'])(
    'refuses the header %j',
    async (authorization) => {
      const reply = await api.send('GET', '/v1/databases', { token: null, headers: { authorization } });
      expect(reply.status).toBe(401);
    },
  );

  it('shows a secret once, works until it is revoked, and leaves both in the history', async () => {
    const made = await api.send('POST', '/v1/tokens', { body: { name: 'robot', permissions: ['read', 'read'] } });
    expect(made.status).toBe(201);
    expect(made.body.permissions).toEqual(['read']);
    const { id, token } = made.body as { id: string; token: string };
    expect((await api.send('GET', '/v1/databases', { token })).status).toBe(200);
    expect((await api.send('GET', '/v1/tokens')).text).not.toContain(token);
    expect((await api.send('DELETE', `/v1/tokens/${id}`)).status).toBe(204);
    expect((await api.send('GET', '/v1/databases', { token })).status).toBe(401);
    expect((await api.send('DELETE', `/v1/tokens/${id}`)).body.code).toBe('not_found');
    const actions = (await api.send('GET', '/v1/audit/events')).body.items;
    expect(actions.slice(0, 2).map((event) => event.action)).toEqual(['token.revoked', 'token.created']);
    expect(JSON.stringify(actions)).not.toContain(token);
  });

  it('refuses an expired token, and one that would have expired already', async () => {
    const secret = 'hf_expired';
    const row = { id: newId(), name: 'old', secret_hash: tokenHash(secret), permissions: ['owner' as const] };
    const expires_at = new Date(Date.now() - 1000);
    await api.control.db
      .insertInto('tokens')
      .values({ ...row, created_by: 'test', expires_at })
      .execute();
    expect((await api.send('GET', '/v1/databases', { token: secret })).status).toBe(401);
    const body = { name: 'late', permissions: ['read'], expiresAt: '2020-01-01T00:00:00Z' };
    const reply = await api.send('POST', '/v1/tokens', { body });
    expect(reply.body.errors).toEqual([{ path: 'expiresAt', message: 'must lie in the future' }]);
  });

  it('never writes a token into the log', () => {
    expect(api.log.join('')).not.toContain(api.ownerToken);
  });
});

describe('the queue dashboard', () => {
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}` });

  it.each([
    '/queues',
    '/queues/',
    '/queues/api/queues',
    '/queues/api/redis/stats',
    '/queues/queue/provision',
    '/QUEUES/api/queues',
  ])('guards %s', async (path) => {
    expect((await api.send('GET', path, { token: null })).status).toBe(401);
    expect((await api.send('GET', path, { token: null, headers: basic('wrong') })).status).toBe(401);
    expect((await api.send('GET', path, { token: null, headers: basic(api.ownerToken) })).status).toBe(200);
    expect((await api.send('GET', path)).status).toBe(200);
  });

  it('asks a browser for a password', async () => {
    const reply = await api.send('GET', '/queues', { token: null });
    expect(reply.headers.get('www-authenticate')).toContain('Basic');
  });

  it('is read-only', async () => {
    const reply = await api.send('PUT', '/queues/api/queues/provision/pause');
    expect(reply.status).toBe(405);
  });
});
