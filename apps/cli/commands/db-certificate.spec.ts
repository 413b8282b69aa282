import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { database, databaseId, operationOf, problem } from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const path = `/v1/databases/${databaseId}/certificate`;
const accepted: Scene = { status: 202, body: operationOf('queued', { type: 'renew-certificate' }) };
const none = { by: 'holdfast', notAfter: '2027-11-01T00:00:00.000Z', subject: null, names: null, fingerprint256: null };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
  await writeFile(join(folder, 'chain.pem'), 'the chain');
  await writeFile(join(folder, 'key.pem'), 'the key');
});
afterAll(() => rm(folder, { recursive: true }));

const startApi = (...brought: Scene[]) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`GET ${path}`]: [{ status: 200, body: none }],
    [`PUT ${path}`]: brought,
    [`DELETE ${path}`]: [accepted],
  });
const run = (api: ScriptedApi, line: string, options: InvocationOptions = {}) => {
  const words = `db:certificate default/orders ${line}`.trim().split(' ');
  return invoke(words, { environment: { HOLDFAST_URL: api.url }, ...options });
};
const files = (): string => `--cert ${folder}/chain.pem --key ${folder}/key.pem`;

describe('db:certificate', () => {
  it('sends both files, and has the handle typed when the names do not fit', async () => {
    await using api = await startApi(problem(422, 'confirmation_required', 'It names another host.'), accepted);
    const { exitCode, errors } = await run(api, `${files()} --detach`, { terminal: true, typed: 'orders\n' });
    expect([exitCode, errors.includes('It names another host.')]).toEqual([0, true]);
    const sent = { certificatePem: 'the chain', privateKeyPem: 'the key' };
    expect(api.requests('PUT', path).map(({ body }) => body)).toEqual([sent, { ...sent, confirm: 'orders' }]);
  });

  it('goes back to the one of Holdfast', async () => {
    await using api = await startApi();
    expect((await run(api, '--own --detach')).exitCode).toBe(0);
    expect(api.requests('DELETE', path)).toHaveLength(1);
  });

  it('without either says whose it is', async () => {
    await using api = await startApi();
    const { exitCode, output } = await run(api, '');
    expect([exitCode, output.includes('Holdfast'), output.includes('2027-11-01')]).toEqual([0, true, true]);
  });

  it.each(['--cert chain.pem', '--key key.pem', '--cert chain.pem --key key.pem --own'])(
    'is wrong usage: %s',
    async (line) => {
      await using api = await startApi(accepted);
      expect((await run(api, line)).exitCode).toBe(2);
      expect([...api.requests('PUT', path), ...api.requests('DELETE', path)]).toEqual([]);
    },
  );
});
