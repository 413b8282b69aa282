import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import type { Database } from '#contracts/http/databases.js';
import type { Tx } from '#persistence/connection.js';
import { recordPromotion } from '#persistence/replication.js';
import { Changes } from '../../../apps/api/http/idempotency.js';
import { startTestApi, type Reply, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';
import { HandMadeRun } from '../../support/operation-run.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

type Endpoint = Database['endpoints'][number];

const get = async (path: string) => (await api.send('GET', path)).body;

const ask = (databaseId: string, body: object): Promise<Reply> =>
  api.send('POST', `/v1/databases/${databaseId}/operations`, { body });

const codeOf = async (reply: Promise<Reply>) => {
  const { status, body } = await reply;
  return [status, body.code];
};

const setStatus = (databaseId: string, status: 'provisioned' | 'provision_failed' | 'deprovisioning') =>
  api.control.db.updateTable('databases').set({ status }).where('id', '=', databaseId).execute();

/** Ends what was asked for as if a worker had done it. */
const done = async (operationId: string, event: 'succeed' | 'fail' = 'succeed'): Promise<void> =>
  (await HandMadeRun.claim(api.control, operationId)).end(event);

const source = async (handle: string, more: object = {}): Promise<string> => {
  const { body } = await api.send('POST', '/v1/environments/default/databases', { body: { handle, ...more } });
  await done(body.operation.id);
  await setStatus(body.database.id, 'provisioned');
  return body.database.id;
};

const replica = async (sourceId: string, handle: string): Promise<string> => {
  const { body } = await ask(sourceId, { type: 'replicate', handle });
  await done(body.id);
  const [id = ''] = (await get(`/v1/operations/${body.id}`)).targets ?? [];
  await setStatus(id, 'provisioned');
  return id;
};

const portsOf = (endpoints: readonly Endpoint[], follows: Endpoint['follows']) =>
  endpoints.filter((door) => door.follows === follows).map(({ port }) => port);

describe('replicate', () => {
  it('answers with the operation as it is read afterwards, the replica as its subject', async () => {
    const sourceId = await source('answered', { persistence: 'rdb', memoryMb: 256, maxmemoryPolicy: 'allkeys-lru' });
    const reply = await ask(sourceId, { type: 'replicate', handle: 'answered-2', diskGb: 20 });
    expect(reply.status).toBe(202);
    expect(reply.body).toEqual(await get(`/v1/operations/${reply.body.id}`));
    expect(reply.body.databases.map(({ handle }) => handle)).toEqual(['answered-2', 'answered']);
    expect(await get('/v1/databases/default%2Fanswered-2')).toMatchObject({
      ...{ role: 'replica', source: sourceId, status: 'pending', persistence: 'rdb', memoryMb: 256, diskGb: 20 },
      maxmemoryPolicy: 'allkeys-lru',
    });
    expect((await get(`/v1/databases/${sourceId}`)).replicas).toEqual([reply.body.databases[0]?.id]);
  });

  it('refuses a size that does not fit with what to do about that one', async () => {
    const sourceId = await source('fit', { memoryMb: 128 });
    const replicaId = await replica(sourceId, 'fit-2');
    const problemOf = async (id: string, body: object) => (await ask(id, body)).body as unknown as object;
    expect(await problemOf(sourceId, { type: 'resize', memoryMb: 256 })).toMatchObject({
      ...{ code: 'replica_too_small', remedy: 'Let the replica "fit-2" grow first.' },
    });
    expect(await problemOf(replicaId, { type: 'resize', memoryMb: 64 })).toMatchObject({
      ...{ code: 'replica_too_small', remedy: expect.stringContaining('Let its source "fit" shrink first') },
    });
    expect(await problemOf(sourceId, { type: 'replicate', handle: 'fit-3', memoryMb: 64 })).toMatchObject({
      ...{ code: 'replica_too_small', remedy: expect.stringContaining('Leave the size out') },
    });
  });

  it.each([
    ['a taken handle', { handle: 'small' }, [409, 'handle_taken']],
    ['less memory', { handle: 'x', memoryMb: 64 }, [422, 'replica_too_small']],
    ['less disk', { handle: 'x', diskGb: 1 }, [422, 'replica_too_small']],
    ['no handle', {}, [400, 'invalid_request']],
    ['a version of its own', { handle: 'x', version: '8.0' }, [400, 'invalid_request']],
  ])('refuses %s', async (_, body, expected) => {
    const found = await api.send('GET', '/v1/databases/default%2Fsmall');
    const id = found.status === 200 ? found.body.id : await source('small', { memoryMb: 128 });
    expect(await codeOf(ask(id, { type: 'replicate', ...body }))).toEqual(expected);
  });

  it('refuses a source that is being removed, or is about to be', async () => {
    const id = await source('leaving');
    expect((await ask(id, { type: 'deprovision', confirm: 'leaving' })).status).toBe(202);
    expect(await codeOf(ask(id, { type: 'replicate', handle: 'y' }))).toEqual([409, 'database_not_ready']);
    await setStatus(id, 'deprovisioning');
    expect(await codeOf(ask(id, { type: 'replicate', handle: 'y' }))).toEqual([409, 'database_not_ready']);
  });

  it('and the removal of the source at the same moment never both go through', async () => {
    for (let round = 0; round < 8; round++) {
      const handle = `race-${round}`;
      const id = await source(handle);
      const replies = await Promise.all([
        ask(id, { type: 'deprovision', confirm: handle }),
        ask(id, { type: 'replicate', handle: `${handle}-2` }),
      ]);
      expect(replies.map(({ status }) => status).sort()).toEqual([202, 409]);
    }
  });
});

describe('the endpoints of a replica', () => {
  it('are its own doors, then the primary ones of its tree, however long the chain is', async () => {
    const rootId = await source('root');
    const first = await replica(rootId, 'first');
    const second = await replica(first, 'second');
    const root = await get(`/v1/databases/${rootId}`);
    for (const id of [first, second]) {
      const { endpoints } = await get(`/v1/databases/${id}`);
      expect(endpoints.map(({ follows }) => follows)).toEqual(['database', 'database', 'primary', 'primary']);
      expect(portsOf(endpoints, 'primary')).toEqual(portsOf(root.endpoints, 'primary'));
      expect(portsOf(endpoints, 'database')).not.toEqual(portsOf(root.endpoints, 'database'));
      expect((await get(`/v1/databases/${id}/endpoints`)).items).toEqual(endpoints);
    }
  });

  it('stay the same ones after a promotion; credentials and their URLs lead through them', async () => {
    const rootId = await source('before');
    const id = await replica(rootId, 'after');
    const doors = portsOf((await get(`/v1/databases/${rootId}`)).endpoints, 'primary');
    const { items } = await get(`/v1/databases/${id}/credentials`);
    const urls = items.map(({ url }) => new URL(url));
    expect(urls.slice(2).map(({ port }) => Number(port))).toEqual(doors);
    expect(items.map(({ password }) => password)).toEqual(
      (await get(`/v1/databases/${rootId}/credentials`)).items.map(({ password }) => password),
    );
    // Doors that a cancelled unlink left with the replica are in nobody's way.
    const unlink = await ask(id, { type: 'unlink', confirm: 'after' });
    await api.send('POST', `/v1/operations/${unlink.body.id}/cancel`);
    expect((await get(`/v1/databases/${id}`)).endpoints).toHaveLength(4);
    const promotion = { primaryId: id, formerId: rootId, former: 'replica' } as const;
    await api.control.db.transaction().execute((tx) => recordPromotion(tx, promotion));
    for (const each of [id, rootId]) {
      expect(portsOf((await get(`/v1/databases/${each}`)).endpoints, 'primary')).toEqual(doors);
    }
  });
});

describe('promote', () => {
  it.each([
    [{ mode: 'limited' }],
    [{ mode: 'force', maxLostBytes: 10 }],
    [{ maxLostBytes: 10 }],
    [{ mode: 'limited', maxLostBytes: -1 }],
    [{ mode: 'limited', maxLostBytes: 1.5 }],
  ])('refuses %j and names the field', async (body) => {
    const { id } = await get('/v1/databases/default%2Fsmall');
    const reply = await ask(id, { type: 'promote', ...body });
    expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
    expect(reply.body.errors?.map(({ path }) => path)).toEqual(['maxLostBytes']);
  });

  it('refuses a primary, a replica that is not there yet, and a second replica at once', async () => {
    const rootId = await source('contested');
    expect(await codeOf(ask(rootId, { type: 'promote' }))).toEqual([409, 'not_a_replica']);
    const [one, two] = [await replica(rootId, 'one'), await replica(rootId, 'two')];
    await setStatus(two, 'provision_failed');
    expect(await codeOf(ask(two, { type: 'promote' }))).toEqual([409, 'database_not_ready']);
    const coming = (await ask(rootId, { type: 'replicate', handle: 'three' })).body.databases[0]?.id ?? '';
    expect(await codeOf(ask(coming, { type: 'promote' }))).toEqual([409, 'replica_not_ready']);
    await setStatus(two, 'provisioned');
    const replies = await Promise.all([ask(one, { type: 'promote' }), ask(two, { type: 'promote', mode: 'force' })]);
    expect(replies.map(({ status, body }) => [status, body.code])).toEqual(
      expect.arrayContaining([
        [202, undefined],
        [409, 'database_not_ready'],
      ]),
    );
  });

  it('is for those who may deploy', async () => {
    const token = await api.token('reader', ['read']);
    const { id } = await get('/v1/databases/default%2Fone');
    const reply = await api.send('POST', `/v1/databases/${id}/operations`, { token, body: { type: 'promote' } });
    expect(reply.body.code).toBe('permission_denied');
  });
});

describe('unlink and deprovision', () => {
  it('need the handle, and a link', async () => {
    const rootId = await source('held');
    const id = await replica(rootId, 'holding');
    expect(await codeOf(ask(id, { type: 'unlink' }))).toEqual([422, 'confirmation_required']);
    expect(await codeOf(ask(id, { type: 'unlink', confirm: 'held' }))).toEqual([422, 'confirmation_required']);
    expect(await codeOf(ask(rootId, { type: 'unlink', confirm: 'held' }))).toEqual([409, 'not_a_replica']);
    const refused = await ask(rootId, { type: 'deprovision', confirm: 'held' });
    expect(refused.body).toMatchObject({ code: 'database_has_replicas', detail: expect.stringContaining('holding') });
    const deployer = await api.token('deployer', ['read', 'deploy']);
    const body = { type: 'unlink', confirm: 'holding' };
    const reply = await api.send('POST', `/v1/databases/${id}/operations`, { token: deployer, body });
    expect(reply.body.code).toBe('permission_denied');
  });
});

describe('a retry', () => {
  const failed = async (databaseId: string, body: object): Promise<string> => {
    const { id } = (await ask(databaseId, body)).body;
    await done(id, 'fail');
    return id;
  };
  const retry = (operationId: string) => api.send('POST', `/v1/operations/${operationId}/retry`);

  it('of a promotion takes in who follows today, and names the old one', async () => {
    const rootId = await source('again');
    const id = await replica(rootId, 'again-1');
    const operation = await failed(id, { type: 'promote', mode: 'limited', maxLostBytes: 7 });
    const sibling = await replica(rootId, 'again-2');
    const { body } = await retry(operation);
    expect(body).toMatchObject({
      type: 'promote',
      retryOf: operation,
      parameters: { mode: 'limited', maxLostBytes: 7 },
    });
    expect(body.targets).toEqual([id, rootId, sibling]);
    expect(await codeOf(ask(sibling, { type: 'promote' }))).toEqual([409, 'database_not_ready']);
  });

  it('of a promotion is refused while the replica is being removed', async () => {
    const rootId = await source('gone');
    const id = await replica(rootId, 'gone-1');
    const operation = await failed(id, { type: 'promote' });
    await setStatus(id, 'deprovisioning');
    expect(await codeOf(retry(operation))).toEqual([409, 'replica_not_ready']);
  });

  it('of a promotion that was written down finishes it', async () => {
    const rootId = await source('half');
    const id = await replica(rootId, 'half-1');
    const operation = await failed(id, { type: 'promote' });
    const promotion = { primaryId: id, formerId: rootId, former: 'replica' } as const;
    await api.control.db.transaction().execute((tx) => recordPromotion(tx, promotion));
    expect((await retry(operation)).body.targets).toEqual([id, rootId]);
  });

  it('of an unlink and a replicate goes by the source of today', async () => {
    const rootId = await source('moved');
    const [id, next] = [await replica(rootId, 'moved-1'), await replica(rootId, 'moved-2')];
    const unlink = await failed(id, { type: 'unlink', confirm: 'moved-1' });
    const replicate = await failed(rootId, { type: 'replicate', handle: 'moved-3' });
    const made = (await get(`/v1/operations/${replicate}`)).targets[0] ?? '';
    await setStatus(made, 'provision_failed');
    const promotion = { primaryId: next, formerId: rootId, former: 'fenced' } as const;
    await api.control.db.transaction().execute((tx) => recordPromotion(tx, promotion));
    expect((await retry(unlink)).body.targets).toEqual([id, next]);
    expect((await retry(replicate)).body.targets).toEqual([made, next]);
  });
});

describe('requests at the same moment', () => {
  it('for an upgrade of a tree are answered, one with the operation and the others with why not', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await source(`at-once-${round}`);
      await replica(id, `at-once-${round}-replica`);
      const older = { version: '7.0', image: 'holdfast/redis:7.0' };
      await api.control.db.updateTable('databases').set(older).where('handle', 'like', `at-once-${round}%`).execute();
      const replies = await Promise.all(Array.from({ length: 6 }, () => ask(id, { type: 'upgrade', version: '8.0' })));
      expect(replies.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
    }
  });

  it('that stop each other are tried again: a caller does not see a deadlock', async () => {
    const changes = new Changes(api.control);
    const held = new Set<string>();
    const lock = (tx: Tx, name: string) => sql`SELECT pg_advisory_xact_lock(hashtext(${name}))`.execute(tx);
    const both = (first: string, second: string) => async (tx: Tx) => {
      await lock(tx, first);
      held.add(first);
      await eventually(() => expect(held.size).toBe(2), { withinMs: 5_000 });
      await lock(tx, second);
      return { body: first as never };
    };
    const call = { request: { headers: {} }, response: {} } as unknown as Parameters<Changes['once']>[0];
    expect(await Promise.all([changes.once(call, both('a', 'b')), changes.once(call, both('b', 'a'))])).toEqual([
      'a',
      'b',
    ]);
  });
});
