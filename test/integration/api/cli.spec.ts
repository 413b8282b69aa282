import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi } from '../../support/api.js';
import { Cli } from '../../support/cli.js';

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi();
  cli = new Cli({ HOLDFAST_URL: api.url, HOLDFAST_TOKEN: api.ownerToken });
  await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'orders' } });
});
afterAll(() => api.close());

describe('input that the API refuses', () => {
  it.each([
    ['db:create Orders', '<handle>'],
    ['db:create cache --container-size 1', '--container-size'],
    ['db:create cache --disk-size 0', '--disk-size'],
    ['db:rename orders Orders', '<new>'],
    ['db:replicate orders copy --container-size 1', '--container-size'],
    ['db:rotate-credentials orders --grace-hours 9999', '--grace-hours'],
    ['db:exempt orders --reason later --until 2020-01-01', '--until'],
    ['db:doors orders --allow 192.0.2.0/24 nonsense', '--allow'],
    ['db:doors orders --idle-timeout 121', '--idle-timeout'],
    ['db:configure orders --revert nonsense', '--revert'],
    ['backup-policy:set --time-zone Nowhere/Never', '--time-zone'],
    ['token:create -', '<name>'],
    ['lifecycle:forecast --days 0', '--days'],
  ])('%s: names %s', async (line, word) => {
    const { exitCode, errors } = await cli.run(line);
    expect([exitCode, errors]).toEqual([1, expect.stringContaining(`\n  ${word} `)]);
    // No field of the API is named any more.
    expect(errors).not.toMatch(/\b[a-z]+[A-Z]\w*/);
  });

  it('is the document of the API with --output json', async () => {
    const { errors } = await cli.run('db:create cache --container-size 1 -o json');
    expect(JSON.parse(errors)).toMatchObject({ code: 'invalid_request', errors: [{ path: 'memoryMb' }] });
  });
});
