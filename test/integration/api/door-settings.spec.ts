import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import { startTestApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'guarded' } });
});
afterAll(() => api.close());

const path = '/v1/databases/default%2Fguarded/endpoints';
const patch = (body: object, at = path) => api.send('PATCH', at, { body });
const doorsIn = ({ body }: { readonly body: unknown }) => (body as { items: Database['endpoints'] }).items;
const problemOf = async (body: object): Promise<string> => {
  const reply = await patch(body);
  expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
  return JSON.stringify(reply.body.errors);
};
const blocks = (count: number) => Array.from({ length: count }, (_, index) => `10.0.${index}.0/24`);

describe('the settings of doors', () => {
  it('are none at first', async () => {
    const items = doorsIn(await api.send('GET', path));
    expect(items).toHaveLength(4);
    const unset = { allow: [], connectionLimit: null, idleTimeoutSeconds: null, bindAddress: null };
    for (const door of items) expect(door).toMatchObject(unset);
  });

  it('are recorded in one form, and only what was named changes', async () => {
    await patch({ allow: ['2001:DB8:0::/32', '192.0.2.7', '192.0.2.7/32'], bindAddress: '0:0::1' });
    const items = doorsIn(await patch({ type: 'redis', follows: 'primary', connectionLimit: 3 }));
    for (const door of items)
      expect(door).toMatchObject({ allow: ['2001:db8::/32', '192.0.2.7/32'], bindAddress: '::1' });
    expect(items.map(({ connectionLimit }) => connectionLimit)).toEqual([null, null, 3, null]);
    expect((await api.send('GET', '/v1/databases/default%2Fguarded')).body.endpoints).toEqual(items);
    const cleared = doorsIn(await patch({ allow: [], connectionLimit: null, bindAddress: null }));
    for (const door of cleared) expect(door).toMatchObject({ allow: [], connectionLimit: null, bindAddress: null });
  });

  it.each([
    [{ allow: ['10.1.2.3/8'] }, '\\"10.1.2.3/8\\" has bits set after its first 8; the block is 10.0.0.0/8'],
    [{ allow: ['2001:db8::1/64'] }, 'the block is 2001:db8::/64'],
    [{ allow: ['10.0.0.0/33'] }, 'neither an address nor a CIDR block'],
    [{ allow: ['010.0.0.1'] }, 'neither an address nor a CIDR block'],
    [{ allow: ['example.com'] }, 'neither an address nor a CIDR block'],
    [{ allow: ['10.0.0.0/8\n24000 10.0.0.1'] }, 'neither an address nor a CIDR block'],
    [{ allow: ['::ffff:10.0.0.1'] }, 'write it as 10.0.0.1'],
    [{ allow: ['fe80::1%eth0'] }, 'neither an address nor a CIDR block'],
    [{ allow: blocks(101) }, '100'],
    [{ connectionLimit: 0 }, 'connectionLimit'],
    [{ connectionLimit: 1.5 }, 'connectionLimit'],
    [{ idleTimeoutSeconds: 121 }, 'whole minutes'],
    [{ idleTimeoutSeconds: 86_460 }, 'idleTimeoutSeconds'],
    [{ bindAddress: 'localhost' }, 'is not an IP address'],
    [{ bindAddress: '0.0.0.0' }, 'give null for that'],
    [{ follows: 'primary' }, 'at least one setting'],
    [{}, 'at least one setting'],
    [{ follows: 'nobody', connectionLimit: 1 }, 'follows'],
  ])('refuse %j', async (body, reason) => {
    expect(await problemOf(body)).toContain(reason);
  });

  it('fit a hundred blocks', async () => {
    expect((await patch({ allow: blocks(100) })).status).toBe(200);
  });

  it('belong to doors that there are', async () => {
    await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'tls', tlsOnly: true } });
    const tls = '/v1/databases/default%2Ftls/endpoints';
    const reply = await patch({ type: 'redis', connectionLimit: 1 }, tls);
    expect([reply.status, reply.body.code]).toEqual([404, 'door_not_found']);
    expect(reply.body.detail).toBe('"tls" has no door of type redis.');
    expect((await patch({ connectionLimit: 1 }, '/v1/databases/default%2Fnone/endpoints')).body.code).toBe(
      'database_not_found',
    );
  });
});
