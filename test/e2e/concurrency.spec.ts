import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import type { Problem } from '#contracts/http/problem.js';
import { namedLike } from '../support/host.js';
import { databasesPath, Live } from '../support/live.js';
import { asTenant } from '../support/tenant.js';

/** 50 requests at once: 20 repeat one request with its key, 10 want one handle, 20 want a database each. */

jest.setTimeout(180_000);

let live: Live;
let replies: { status: number; text: string; replayed: boolean }[];

const repeated = 20;
const contested = 10;
const separate = 20;

beforeAll(async () => {
  live = await Live.start();
  const key = { headers: { 'idempotency-key': 'the same request' } };
  replies = await Promise.all([
    ...times(repeated, () => request('repeated', key)),
    ...times(contested, () => request('contested')),
    ...times(separate, (index) => request(`separate-${String(index)}`)),
  ]);
}, 60_000);

afterAll(() => live.close(), 120_000);

const times = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index));

const request = async (handle: string, options = {}): Promise<(typeof replies)[number]> => {
  const { status, text, headers } = await live.send('POST', databasesPath, { handle, memoryMb: 64 }, options);
  return { status, text, replayed: headers.get('idempotency-replayed') === 'true' };
};

interface Accepted {
  readonly database: Database;
  readonly operation: Operation;
}

const accepted = (part: typeof replies): Accepted[] =>
  part.filter(({ status }) => status === 202).map(({ text }) => JSON.parse(text) as Accepted);

const list = async (): Promise<Database[]> =>
  (await live.ask<{ items: Database[] }>('GET', '/v1/databases?limit=200')).items;

it('one key makes one database, and every repetition gets the same answer', () => {
  const part = replies.slice(0, repeated);
  expect(part.map(({ status }) => status)).toEqual(times(repeated, () => 202));
  expect(part.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(new Set(part.map(({ text }) => text)).size).toBe(1);
});

it('one handle goes to one request, and the others are told so', () => {
  const part = replies.slice(repeated, repeated + contested);
  expect(accepted(part)).toHaveLength(1);
  const problems = part.filter(({ status }) => status !== 202).map(({ text }) => JSON.parse(text) as Problem);
  expect(problems.map(({ code }) => code)).toEqual(times(contested - 1, () => 'handle_taken'));
});

it('exactly the right databases exist, and all of them work', async () => {
  const wanted = ['repeated', 'contested', ...times(separate, (index) => `separate-${String(index)}`)];
  const startedAtMs = performance.now();
  const operations = new Set(accepted(replies).map(({ operation }) => operation.id));
  expect(operations.size).toBe(wanted.length);
  await Promise.all([...operations].map((id) => live.succeeded(id)));
  process.stderr.write(`22 databases provisioned in ${String(Math.round(performance.now() - startedAtMs))} ms\n`);
  const databases = await list();
  expect(databases.map(({ handle }) => handle).sort()).toEqual(wanted.sort());
  const ports = databases.flatMap(({ endpoints }) => endpoints.map(({ port }) => port));
  expect(new Set(ports).size).toBe(4 * wanted.length);
  expect(await namedLike(`${live.installation.name}-db-`)).toHaveLength(2 * wanted.length);
  for (const { id, handle } of databases) {
    const database = await live.reveal(id);
    await asTenant(database, (client) => client.set('whose', handle));
    expect(await asTenant(database, (client) => client.get('whose'))).toBe(handle);
  }
});

it('a key that comes with another request is refused', async () => {
  const options = { headers: { 'idempotency-key': 'the same request' } };
  const problem = await live.refusal('POST', databasesPath, { handle: 'another', memoryMb: 64 }, options);
  expect(problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
});

it('deprovisioning all of them at once leaves nothing', async () => {
  const databases = await list();
  await Promise.all(databases.map((database) => live.operate(database, 'deprovision')));
  expect(await list()).toEqual([]);
  expect(await namedLike(`${live.installation.name}-db-`)).toEqual([]);
  expect(await live.ask('GET', '/v1/audit/verify')).toMatchObject({ ok: true, problems: [] });
});
