import { describe, expect, it } from '@jest/globals';
import { database } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

describe('db:rename', () => {
  it('to the handle that it has says so, and asks for nothing', async () => {
    await using api = await ScriptedApi.start({
      [`GET /v1/databases/${database.id}`]: [{ status: 200, body: database }],
    });
    const line = ['db:rename', database.id, database.handle];
    const { exitCode, output } = await invoke(line, { environment: { HOLDFAST_URL: api.url } });
    expect([exitCode, output]).toEqual([0, `It is "${database.handle}" already.\n`]);
  });
});
