import { describe, expect, it } from '@jest/globals';
import { database } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const path = '/v1/databases/default/orders/endpoints';
const guarded = database.endpoints.map((door) => ({ ...door, allow: ['10.0.0.0/8', '2001:db8::/32'] }));

const run = async (...words: string[]) => {
  const body = { items: words.length === 0 ? database.endpoints : guarded, nextCursor: null };
  await using api = await ScriptedApi.start({
    [`GET ${path}`]: [{ status: 200, body }],
    [`PATCH ${path}`]: [{ status: 200, body }],
  });
  const environment = { HOLDFAST_URL: api.url };
  const invoked = await invoke(['db:doors', 'default/orders', ...words], { environment });
  return { ...invoked, received: api.received };
};

describe('db:doors', () => {
  it('shows the doors with their settings when nothing is to be changed', async () => {
    const { output, received } = await run();
    expect(received.map(({ method }) => method)).toEqual(['GET']);
    expect(output.split('\n')[1]).toMatch(
      /^redis +database +127\.0\.0\.1:20000 +everybody +any number +3600 s +any address$/,
    );
  });

  it('changes what is named, and shows all doors', async () => {
    const { output, received } = await run(
      ...['--allow', '10.0.0.0/8', '2001:db8::/32', '--connection-limit', '5', '--idle-timeout', '300'],
      ...['--bind-address', '192.0.2.1', '--type', 'redis', '--follows', 'primary'],
    );
    expect(received.map(({ method, body }) => [method, body])).toEqual([
      [
        'PATCH',
        {
          allow: ['10.0.0.0/8', '2001:db8::/32'],
          connectionLimit: 5,
          idleTimeoutSeconds: 300,
          bindAddress: '192.0.2.1',
          type: 'redis',
          follows: 'primary',
        },
      ],
    ]);
    expect(output).toContain('10.0.0.0/8, 2001:db8::/32');
  });

  it('takes settings away', async () => {
    const { received } = await run(
      ...['--allow-all', '--connection-limit', 'none', '--idle-timeout', 'default', '--bind-address', 'any'],
    );
    expect(received[0]?.body).toEqual({
      allow: [],
      connectionLimit: null,
      idleTimeoutSeconds: null,
      bindAddress: null,
    });
  });

  it.each([
    [['--type', 'redis']],
    [['--connection-limit', 'many']],
    [['--idle-timeout', '-1']],
    [['--allow', '10.0.0.0/8', '--allow-all']],
  ])('refuses %j', async (words) => {
    const { exitCode, received } = await run(...words);
    expect([exitCode, received]).toEqual([2, []]);
  });
});
