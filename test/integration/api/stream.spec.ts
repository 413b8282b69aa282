import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { OperationFeed } from '../../../apps/api/operations/operation-feed.js';
import { connect, type Db } from '#persistence/connection.js';
import { createApiOn, startTestApi, type TestApi } from '../../support/api.js';
import { EventReader, type StreamEvent } from '../../support/event-stream.js';
import { eventually } from '../../support/eventually.js';
import { HandMadeRun } from '../../support/operation-run.js';

let api: TestApi;
/** The role of the apps does not see what other sessions do. */
let owner: Db;
beforeAll(async () => {
  api = await startTestApi();
  owner = connect({ url: api.databaseUrl, max: 1, role: 'owner', onIdleError: () => undefined });
});
afterAll(async () => {
  await owner.destroy();
  await api.close();
});

const listeners = sql`FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN holdfast_operation'`;

let made = 0;
const provision = async (): Promise<string> => {
  const reply = await api.send('POST', '/v1/environments/default/databases', { body: { handle: `s${made++}` } });
  return reply.body.operation.id;
};

const follow = (operationId: string, headers: Record<string, string> = {}, url = api.url) =>
  EventReader.open(`${url}/v1/operations/${operationId}/log`, {
    authorization: `Bearer ${api.ownerToken}`,
    ...headers,
  });

const all = async (reader: EventReader): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const event of reader.events()) events.push(event);
  return events;
};

const followed = (): number => api.app.get(OperationFeed).followed;

it('follows an operation to its end, and nothing is left listening', async () => {
  const id = await provision();
  const reader = await follow(id);
  expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const received = all(reader);
  const run = await HandMadeRun.claim(api.control, id);
  await run.step(1, 'first', 'one');
  await run.step(2, 'second', 'two');
  await run.end('succeed');
  const events = await received;
  const logs = events.filter(({ event }) => event === 'log');
  expect(logs.map(({ data }) => data.message)).toEqual(['one', 'two']);
  expect(logs.every(({ id: eventId, data }) => eventId === data.id)).toBe(true);
  const steps = events.filter(({ event }) => event === 'step').map(({ data }) => `${data.name} ${data.status}`);
  expect(steps).toEqual(expect.arrayContaining(['first succeeded', 'second succeeded']));
  expect(events.some(({ event, data }) => event === 'operation' && data.status === 'running')).toBe(true);
  const last = events.at(-1);
  expect([last?.event, last?.data.status, last?.data.receipt]).toEqual(['end', 'succeeded', { madeBy: 'hand' }]);
  expect(events.filter(({ event }) => event === 'end')).toHaveLength(1);
  await eventually(() => expect(followed()).toBe(0), { withinMs: 2000 });
});

it('goes on after the last event that a client has seen', async () => {
  const id = await provision();
  const run = await HandMadeRun.claim(api.control, id);
  await run.step(1, 'first', 'one');
  await run.step(2, 'second', 'two');
  await run.end('fail');
  const logs = async (headers: Record<string, string>) =>
    (await all(await follow(id, headers))).filter(({ event }) => event === 'log');
  const [first] = await logs({});
  const later = await logs({ 'last-event-id': first?.id ?? '' });
  expect(later.map(({ data }) => data.message)).toEqual(['two']);
  expect(await logs({ 'last-event-id': 'nonsense' })).toHaveLength(2);
});

it('pages the same lines as JSON', async () => {
  const id = await provision();
  const run = await HandMadeRun.claim(api.control, id);
  for (const ordinal of [1, 2, 3]) await run.step(ordinal, `step-${ordinal}`, `line ${ordinal}`);
  const first = (await api.send('GET', `/v1/operations/${id}/log?limit=2`)).body;
  expect(first.items).toHaveLength(2);
  const second = (await api.send('GET', `/v1/operations/${id}/log?limit=2&cursor=${first.nextCursor}`)).body;
  expect(second).toMatchObject({ items: [{ message: 'line 3' }], nextCursor: null });
});

it('lets go of a client that hangs up', async () => {
  const reader = await follow(await provision());
  await eventually(() => expect(followed()).toBe(1), { withinMs: 2000 });
  reader.close();
  await eventually(() => expect(followed()).toBe(0), { withinMs: 2000 });
});

it('tells fifty followers over one listening connection', async () => {
  const id = await provision();
  const readers = await Promise.all(Array.from({ length: 50 }, () => follow(id)));
  const ends = readers.map(all);
  const { rows } = await sql<{ count: number }>`SELECT count(*)::integer AS count ${listeners}`.execute(owner);
  expect(rows).toEqual([{ count: 1 }]);
  await (await HandMadeRun.claim(api.control, id)).end('succeed');
  for (const events of await Promise.all(ends)) expect(events.at(-1)?.event).toBe('end');
});

it('goes on when the listening connection is lost', async () => {
  const id = await provision();
  const received = all(await follow(id));
  const { rows } = await sql`SELECT pg_terminate_backend(pid) ${listeners}`.execute(owner);
  expect(rows).toHaveLength(1);
  await (await HandMadeRun.claim(api.control, id)).end('succeed');
  expect((await received).at(-1)?.event).toBe('end');
});

it('refuses to follow what does not exist', async () => {
  const reader = await follow('01000000-0000-7000-8000-000000000000');
  expect(reader.response.status).toBe(404);
  await reader.response.body?.cancel();
});

it('ends live streams when the API closes', async () => {
  const other = await createApiOn(api.control, api.databaseUrl, api.ownerToken);
  const received = all(await follow(await provision(), {}, other.url));
  await other.close();
  expect((await received).some(({ event }) => event === 'end')).toBe(false);
});
