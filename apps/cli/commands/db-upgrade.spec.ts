import { describe, expect, it } from '@jest/globals';
import { database, databaseId, ended, operationId, operationOf, problem } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const requests = `/v1/databases/${databaseId}/operations`;
const loss = 'Going back to version 7.0 loses everything that was written since 2026-11-22T10:00:00.000Z.';
const receipt = { fromVersion: '8.0', version: '7.0', lostSince: '2026-11-22T10:00:00.000Z' };

const startApi = () =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [{ status: 200, body: database }],
    [`GET /v1/operations/${operationId}/log`]: [ended],
    [`POST ${requests}`]: [
      problem(409, 'confirmation_required', loss),
      { status: 202, body: operationOf('queued', { type: 'go-back' }) },
    ],
    [`GET /v1/operations/${operationId}`]: [
      { status: 200, body: operationOf('succeeded', { type: 'go-back', receipt }) },
    ],
  });

describe('db:upgrade --back', () => {
  it('says what will be lost, asks for the handle, and prints what was lost', async () => {
    await using api = await startApi();
    const { exitCode, output, errors } = await invoke(['db:upgrade', 'default/orders', '--back'], {
      ...{ environment: { HOLDFAST_URL: api.url }, terminal: true, typed: 'orders\n' },
    });
    expect({ exitCode, errors }).toMatchObject({ exitCode: 0, errors: expect.stringContaining(loss) });
    expect(output).toContain('2026-11-22T10:00:00.000Z');
    const bodies = api.requests('POST', requests).map(({ body }) => body);
    expect(bodies).toEqual([{ type: 'go-back' }, { type: 'go-back', confirm: 'orders' }]);
  });

  it('takes no safety backup when nobody wants one', async () => {
    await using api = await startApi();
    await invoke(['db:upgrade', 'default/orders', '--back', '--skip-safety-backup'], {
      ...{ environment: { HOLDFAST_URL: api.url }, terminal: true, typed: 'orders\n' },
    });
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'go-back', skipSafetyBackup: true });
  });
});

it.each([
  [[], 'Give --version, or --back.'],
  [['--back', '--version', '8.0'], '--back goes with neither'],
  [['--back', '--method', 'swap'], '--back goes with neither'],
  [['--version', '8.0', '--skip-safety-backup'], '--skip-safety-backup goes with --back only'],
])('db:upgrade orders %j is wrong usage', async (words, text) => {
  const { exitCode, errors } = await invoke(['db:upgrade', 'orders', ...words]);
  expect(exitCode).toBe(2);
  expect(errors).toContain(text);
});
