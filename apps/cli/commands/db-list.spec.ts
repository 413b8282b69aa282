import { describe, expect, it } from '@jest/globals';
import { database, page } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';
import { grouped } from './db-list.js';

describe('db:list', () => {
  it("groups handles by environment, as the reference's does", () => {
    const databases = ['b/y', 'a/z', 'b/x'].map((path) => {
      const [environment = '', handle = ''] = path.split('/');
      return { ...database, environment, handle };
    });
    const state = 'primary  provisioned  healthy';
    expect(grouped(databases)).toEqual(['=== a', `z  ${state}`, '', '=== b', `x  ${state}`, `y  ${state}`]);
    expect(grouped([])).toEqual([]);
  });

  it('reads page after page', async () => {
    const second = { ...database, handle: 'second' };
    await using api = await ScriptedApi.start({
      'GET /v1/databases': [{ status: 200, body: { items: [database], nextCursor: 'abc' } }, page(second)],
    });
    const { output } = await invoke(['db:list', '--env', 'default'], { environment: { HOLDFAST_URL: api.url } });
    expect(output.split('\n').slice(0, 3)).toEqual([
      '=== default',
      'orders  primary  provisioned  healthy',
      'second  primary  provisioned  healthy',
    ]);
    expect(api.received.map(({ path }) => path)).toEqual([
      '/v1/databases?limit=200&environment=default',
      '/v1/databases?limit=200&cursor=abc&environment=default',
    ]);
  });
});
