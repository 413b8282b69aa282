import { describe, expect, it } from '@jest/globals';
import { databaseId, operationOf, page } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const outputOf = async (path: string, item: object, verb: string): Promise<string> => {
  await using api = await ScriptedApi.start({ [`GET ${path}`]: [page(item)] });
  return (await invoke([verb], { environment: { HOLDFAST_URL: api.url } })).output;
};

describe('operation:list', () => {
  it('names the database that each operation is about', async () => {
    const databases = ['orders-2', 'orders'].map((handle) => ({ id: databaseId, handle }));
    const output = await outputOf(
      '/v1/operations',
      operationOf('queued', { type: 'promote', databases }),
      'operation:list',
    );
    expect(output).toMatch(/^ID +TYPE +DATABASE +STATUS/);
    expect(output).toMatch(/ promote +orders-2 +queued /);
  });
});

describe('audit:list', () => {
  const entry = { seq: 7, at: '2026-11-22T10:00:00Z', actor: 'token:me', action: 'token.created', detail: {} };

  it('names the database that each entry is about, if any', async () => {
    expect(await outputOf('/v1/audit/events', { ...entry, database: 'orders' }, 'audit:list')).toMatch(
      / token\.created +orders +\{\}$/m,
    );
    expect(await outputOf('/v1/audit/events', { ...entry, database: null }, 'audit:list')).toMatch(/ +- +\{\}$/m);
  });
});
