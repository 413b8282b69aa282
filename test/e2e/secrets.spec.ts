import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { serverUsers } from '#domain/server/users.js';
import { newId } from '#operations/control.js';
import { auditEvent } from '#operations/requests/audit.js';
import { credentialContext } from '#operations/secrets/secret-box.js';
import { appendAudit } from '#persistence/audit/append.js';
import { credentialsOf } from '#persistence/credentials.js';
import { docker } from '../support/host.js';
import { redisImage } from '../support/images.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { queueUrl } from '../support/queue.js';
import { collectPlaces, placesWith, type Places } from '../support/secret-search.js';
import { asTenant } from '../support/tenant.js';

/** No password, no token and no key of anybody is written down in clear anywhere. */

jest.setTimeout(60_000);

let live: Live;
let database: LiveDatabase;
let token: string;
let managerPassword: string;
let places: Places;

/** Everything that handles secrets happens once: provision, reveal, restart, reload, a failed login, a replayed answer. */
beforeAll(async () => {
  live = await Live.start({ HOLDFAST_LOG_LEVEL: 'trace' });
  database = await live.provision('canary');
  const replayed = { headers: { 'idempotency-key': 'once' } };
  const make = (): Promise<{ token: string }> =>
    live.ask('POST', '/v1/tokens', { name: 'canary', permissions: ['read', 'sensitive'] }, replayed);
  ({ token } = await make());
  expect((await make()).token).toBe(token);
  expect((await live.send('GET', `/v1/databases/${database.id}/credentials`, undefined, { token })).status).toBe(200);
  expect((await live.send('POST', '/v1/tokens', { name: token, password: database.password })).status).toBe(400);
  await live.operate(database, 'restart');
  await live.operate(database, 'reload');
  await asTenant(database, (client) => client.call('ACL', 'SAVE'));
  managerPassword = await openManagerPassword();
  places = await collectPlaces(live);
}, 120_000);

afterAll(() => live.close(), 60_000);

const openManagerPassword = async (): Promise<string> => {
  const { db, secrets } = live.installation.control;
  const row = (await credentialsOf(db, database.id)).find(({ username }) => username === serverUsers.manager);
  return secrets.open(row?.password_sealed ?? '', credentialContext(database.id, serverUsers.manager));
};

describe('the search', () => {
  it('looks at all places there are', () => {
    const names = [...places.keys()].join('\n');
    for (const name of [database.container, `${live.installation.name}-edge`])
      expect(names).toContain(`docker inspect ${name}\n`);
    for (const name of ['credentials', 'operation_log', 'audit_events', 'idempotency_keys', 'tokens', 'outbox'])
      expect(names).toContain(`table public.${name}`);
    for (const name of ['processes of the host', "keys of the queue's Redis", 'output of the process'])
      expect(places.get(name)?.length).toBeGreaterThan(100);
    expect(names).toContain('GET /v1/audit/export');
    expect(names).toContain(`files of ${database.container}`);
  });

  it('finds a canary wherever one is planted, in any writing', async () => {
    const canary = `canary-${randomBytes(16).toString('base64url')}`;
    const encoded = Buffer.from(`user:${canary}`).toString('base64');
    const container = `${live.installation.name}-canary`;
    await docker('create', '--name', container, '--env', `PASSWORD=${canary}`, redisImage('8.0'), 'redis-server');
    const queue = new Redis(queueUrl());
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', canary], { stdio: 'ignore' });
    try {
      await queue.rpush('canary', encoded);
      await plantInHistory(Buffer.from(canary).toString('hex'));
      expect(placesWith(await collectPlaces(live), canary)).toEqual(
        [
          'GET /v1/audit/export',
          `docker inspect ${container}`,
          "keys of the queue's Redis",
          'processes of the host',
          'table public.audit_events',
        ].sort(),
      );
    } finally {
      child.kill();
      await queue.del('canary');
      queue.disconnect();
      await docker('rm', '--volumes', container);
    }
  });

  const plantInHistory = async (text: string): Promise<void> => {
    const event = auditEvent(new Date(), 'test', 'canary', { operationId: newId() }, { text });
    await live.installation.control.db.transaction().execute((tx) => appendAudit(tx, event));
    await live.ask('GET', '/v1/audit/verify');
  };
});

describe('nowhere in clear', () => {
  it("is the tenant's password (2.9, defect 6)", () => expect(placesWith(places, database.password)).toEqual([]));
  it("is the manager's password", () => expect(placesWith(places, managerPassword)).toEqual([]));
  it('is a token', () => expect(placesWith(places, token)).toEqual([]));
  it("is the owner's token", () => expect(placesWith(places, live.installation.token)).toEqual([]));
});
