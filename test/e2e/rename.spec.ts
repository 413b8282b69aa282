import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { ObservationView } from '#contracts/http/observations.js';
import { docker, inspect } from '../support/host.js';
import { redisImage } from '../support/images.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant } from '../support/tenant.js';

/** Another handle for a database that is in use. */

jest.setTimeout(180_000);

let live: Live;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start();
  authorityPem = await live.authorityPem();
}, 60_000);
afterAll(() => live.close(), 60_000);

const rename = async (id: string, handle: string): Promise<void> => {
  await live.ask<Database>('PATCH', `/v1/databases/${id}`, { handle });
  const { items } = await live.ask<{ items: { id: string }[] }>(
    'GET',
    `/v1/operations?database=${id}&type=rename&limit=1`,
  );
  await live.succeeded(items[0]?.id ?? '');
};

interface Networked {
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}
const attachmentOf = async (database: LiveDatabase): Promise<[network: string, address: string]> => {
  const { NetworkSettings } = await inspect<Networked>(database.container);
  const [found] = Object.entries(NetworkSettings.Networks);
  return [found?.[0] ?? '', found?.[1].IPAddress ?? ''];
};

/** What a container on the network gets that asks for the name: NOAUTH of a server that is there. */
const fromInside = async (database: LiveDatabase, name: string): Promise<string> => {
  const [network] = await attachmentOf(database);
  const client = ['--entrypoint', 'redis-cli', redisImage('8.0'), '-h', name, 'PING'];
  return docker('run', '--rm', '--network', network, ...client).catch((error: unknown) => String(error));
};

describe.each(['6.0', '8.0'])('a rename on version %s', (version) => {
  let database: LiveDatabase;

  beforeAll(async () => {
    database = await live.provision(`old-${version}`, { version });
  }, 120_000);

  it('is noticed by none of 64 clients at its doors, and both names lead to it', async () => {
    const before = await attachmentOf(database);
    const clients = await SteadyClients.connect(database, 64, authorityPem);
    await rename(database.id, `new-${version}`);
    expect(await clients.stop()).toEqual([]);
    expect(await attachmentOf(database)).toEqual(before);
    for (const handle of [`new-${version}`, `old-${version}`]) {
      expect(await fromInside(database, handle)).toContain('NOAUTH');
      await asTenant(database, (client) => client.ping(), { authorityPem, serverName: handle });
    }
    expect(await live.show(database.id)).toMatchObject({
      handle: `new-${version}`,
      formerHandles: [`old-${version}`],
      endpoints: database.doors,
    });
  });

  it('outlives a restart, also one by Docker alone', async () => {
    await live.operate({ id: database.id, handle: `new-${version}` }, 'restart');
    await docker('restart', database.container);
    for (const handle of [`new-${version}`, `old-${version}`]) {
      expect(await fromInside(database, handle)).toContain('NOAUTH');
    }
  });

  it('gives up the former handle with a reload', async () => {
    expect(await live.refusedDatabase(`old-${version}`)).toMatchObject({ code: 'handle_still_answers' });
    await live.operate({ id: database.id, handle: `new-${version}` }, 'reload');
    expect(await fromInside(database, `new-${version}`)).toContain('NOAUTH');
    expect(await fromInside(database, `old-${version}`)).toContain('Could not connect');
    expect((await live.show(database.id)).formerHandles).toEqual([]);
  });
});

describe('a rename', () => {
  it.each([
    [{ handle: 'new-8.0' }, 'handle_taken'],
    [{ handle: 'Capital' }, 'invalid_request'],
    [{ handle: '' }, 'invalid_request'],
    [{ handle: null }, 'invalid_request'],
  ])('refuses %j', async (body, code) => {
    const database = await live.ask<Database>('GET', '/v1/databases/default%2Fnew-6.0');
    expect((await live.refusal('PATCH', `/v1/databases/${database.id}`, body)).code).toBe(code);
  });
});

describe('an upgrade by swap after a rename', () => {
  it('leaves a server that both names lead to', async () => {
    const database = await live.provision('swap-old', { version: '7.0' });
    await rename(database.id, 'swap-new');
    await live.succeeded((await live.requestOperation(database.id, { type: 'upgrade', version: '8.0' })).id);
    for (const handle of ['swap-new', 'swap-old']) expect(await fromInside(database, handle)).toContain('NOAUTH');
    const { live: seen } = await live.ask<{ live: ObservationView }>('GET', `/v1/databases/${database.id}/status`);
    expect(seen).toMatchObject({ answers: true, findings: [] });
  });
});
