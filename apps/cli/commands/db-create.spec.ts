import { describe, expect, it } from '@jest/globals';
import { database, databaseId, ended, operationId, operationOf, page, problem } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const url = 'rediss://tenant:pass@127.0.0.1:20003';
const credential = { type: 'redis+ssl', username: 'tenant', password: 'pass' };
const credentials = {
  items: [
    { ...credential, follows: 'database', url: 'rediss://tenant:pass@127.0.0.1:20001' },
    { ...credential, follows: 'primary', url },
  ],
};

const startApi = (changes: Record<string, Scene[]> = {}) => {
  const accepted = { database, operation: operationOf('queued', { type: 'provision' }) };
  return ScriptedApi.start({
    'GET /v1/environments': [page({ id: 'e1', name: 'default' }, { id: 'e2', name: 'staging' })],
    'POST /v1/environments/default/databases': [{ status: 202, body: accepted }],
    'POST /v1/environments/staging/databases': [{ status: 202, body: accepted }],
    [`GET /v1/operations/${operationId}/log`]: [ended],
    [`GET /v1/operations/${operationId}`]: [{ status: 200, body: operationOf('succeeded', { type: 'provision' }) }],
    [`GET /v1/databases/${databaseId}`]: [{ status: 200, body: database }],
    [`GET /v1/databases/${databaseId}/credentials`]: [{ status: 200, body: credentials }],
    ...changes,
  });
};

const create = (api: ScriptedApi, line: string) =>
  invoke(['db:create', ...line.split(' ')], { environment: { HOLDFAST_URL: api.url, HOLDFAST_TOKEN: 'secret' } });

describe('db:create', () => {
  it("takes the reference's line and prints nothing but the URL", async () => {
    await using api = await startApi();
    const { exitCode, output, errors } = await create(api, '--type redis --version 8.2-nordb --disk-size 1 orders');
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: `${url}\n` });
    expect(errors).toContain('provision succeeded');
    const [sent] = api.requests('POST', '/v1/environments/default/databases');
    expect(sent?.body).toEqual({ handle: 'orders', version: '8.2-nordb', diskGb: 1 });
    expect(sent?.headers).toMatchObject({ authorization: 'Bearer secret', 'idempotency-key': expect.any(String) });
  });

  it('sends each option under the name that the API has for it', async () => {
    await using api = await startApi();
    const line =
      'cache -e staging --persistence none --container-size 512 --tls-only --maxmemory-policy allkeys-lru --deletion-protection';
    expect((await create(api, line)).exitCode).toBe(0);
    expect(api.requests('POST', '/v1/environments/staging/databases')[0]?.body).toEqual({
      handle: 'cache',
      persistence: 'none',
      memoryMb: 512,
      tlsOnly: true,
      maxmemoryPolicy: 'allkeys-lru',
      deletionProtection: true,
    });
  });

  it.each(['--environment staging', '--environment=staging', '--env staging', '-e staging'])(
    'takes %s',
    async (words) => {
      await using api = await startApi();
      expect((await create(api, `orders ${words}`)).exitCode).toBe(0);
      expect(api.requests('GET', '/v1/environments')).toHaveLength(0);
      expect(api.requests('POST', '/v1/environments/staging/databases')).toHaveLength(1);
    },
  );

  it('warns of what a memory-only database loses', async () => {
    const warned = { database: { ...database, warnings: ['All is lost.'] }, operation: operationOf('queued') };
    await using api = await startApi({ 'POST /v1/environments/default/databases': [{ status: 202, body: warned }] });
    expect((await create(api, 'orders')).errors).toContain('Warning: All is lost.\n');
  });

  it('prints one document with --output json', async () => {
    await using api = await startApi();
    const { output, errors } = await create(api, 'orders --output json');
    expect(JSON.parse(output)).toMatchObject({ database: { id: databaseId }, operation: { id: operationId }, url });
    expect(errors).toBe('');
  });

  it('returns at once with --detach', async () => {
    await using api = await startApi();
    const { exitCode, output } = await create(api, 'orders --detach');
    expect(exitCode).toBe(0);
    expect(output).toContain(`holdfast operation:follow ${operationId}`);
    expect(api.requests('GET', `/v1/operations/${operationId}`)).toHaveLength(0);
  });

  it('passes a refusal on', async () => {
    const refused = problem(422, 'version_deprecated', '"7.0" is deprecated; offered: 8.0.');
    await using api = await startApi({ 'POST /v1/environments/default/databases': [refused] });
    const { exitCode, output, errors } = await create(api, 'orders --version 7.0');
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' });
    expect(errors).toContain('"7.0" is deprecated; offered: 8.0. (version_deprecated)');
  });
});
