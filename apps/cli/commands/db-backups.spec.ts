import { expect, it } from '@jest/globals';
import { database, databaseId } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

it.each([
  ['db:disable-backups', false, 'Backups of orders are off.\n'],
  ['db:enable-backups', true, 'Backups of orders are on.\n'],
])('%s says so, and what holds then', async (verb, backupsEnabled, said) => {
  const path = `/v1/databases/${databaseId}`;
  await using api = await ScriptedApi.start({
    [`PATCH ${path}`]: [{ status: 200, body: { ...database, backupsEnabled } }],
  });
  const { output, exitCode } = await invoke([verb, databaseId], { environment: { HOLDFAST_URL: api.url } });
  expect({ output, exitCode }).toEqual({ output: said, exitCode: 0 });
  expect(api.requests('PATCH', path).map(({ body }) => body)).toEqual([{ backupsEnabled }]);
});
