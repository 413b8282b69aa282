import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { PatchEndpoints } from '#contracts/door-requests.js';
import type { Database } from '#contracts/http/databases.js';
import { edgeName } from '#engine/edge/edge-container.js';
import { eventually } from '../support/eventually.js';
import { crash, docker, stateOf } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, dial, doorOf, whenBack } from '../support/tenant.js';

/** Who may use a door and how: set through the API while clients are connected, and kept whatever happens to the edge. */

jest.setTimeout(90_000);

/** The edge's duty looks every ten seconds when nobody wakes it. */
const healed = { withinMs: 40_000 };
const soon = { withinMs: 5_000 };
const nobodyHere = ['192.0.2.0/24', '2001:db8::/32'];

let live: Live;
let database: LiveDatabase;
let neighbour: LiveDatabase;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_EDGE_ADDRESS: '0.0.0.0', HOLDFAST_ADVERTISED_HOST: '127.0.0.1' });
  [database, neighbour] = await Promise.all([live.provision('guarded'), live.provision('neighbour')]);
}, 120_000);

afterAll(() => live.close(), 60_000);

const edge = (): string => edgeName(live.installation.name);

const set = (patch: PatchEndpoints, of = database): Promise<{ items: Database['endpoints'] }> =>
  live.ask('PATCH', `/v1/databases/${of.id}/endpoints`, patch);

const port = (follows: 'database' | 'primary', of = database): number => doorOf(of, 'redis', follows).port;

const ping = (to: number, of = database): Promise<string> => asTenant(of, (client) => client.ping(), { port: to });

const expectShut = (to: number, within = soon): Promise<void> =>
  eventually(() => expect(ping(to)).rejects.toThrow(), within);

const expectOpen = (to: number, of = database, within = soon): Promise<void> =>
  eventually(async () => expect(await ping(to, of)).toBe('PONG'), within);

const expectOthersServed = async (): Promise<void> => {
  expect(await ping(port('database', neighbour), neighbour)).toBe('PONG');
};

const open = async (to: number): Promise<Redis> => {
  const client = await dial(database, { port: to });
  await client.auth(database.username, database.password);
  return client;
};

describe('an allow list', () => {
  it('resets those who are not on it, and only at the doors it was set for', async () => {
    const early = await open(port('database'));
    const { items } = await set({ follows: 'database', allow: [...nobodyHere, '198.51.100.7'] });
    const shown = items.map(({ follows, allow }) => [follows, allow]);
    const listed = [...nobodyHere, '198.51.100.7/32'];
    expect(shown).toEqual([
      ['database', listed],
      ['database', listed],
      ['primary', []],
      ['primary', []],
    ]);
    expect((await live.show(database.id)).endpoints).toEqual(items);
    await expectShut(port('database'));
    expect(await early.ping()).toBe('PONG');
    early.disconnect();
    await expectOpen(port('primary'));
    await expectOthersServed();
    await set({ allow: [...nobodyHere, '127.0.0.0/8'] });
    await expectOpen(port('database'));
    await expectOpen(port('primary'));
  });

  it('is in the history, with who set it', async () => {
    const { items } = await live.ask<{ items: readonly { actor: string; detail: unknown }[] }>(
      'GET',
      `/v1/audit/events?database=${database.id}&action=database.doors-changed`,
    );
    expect(items).toHaveLength(2);
    expect(items.map(({ actor }) => actor)).toEqual(['token:owner', 'token:owner']);
    expect(items.map(({ detail }) => detail)).toContainEqual({ allow: [...nobodyHere, '127.0.0.0/8'] });
  });
});

describe('a connection limit', () => {
  it('resets the one too many until another leaves', async () => {
    const first = await open(port('primary'));
    await set({ follows: 'primary', type: 'redis', connectionLimit: 1 });
    await expectShut(port('primary'));
    expect(await first.ping()).toBe('PONG');
    await expectOthersServed();
    first.disconnect();
    await expectOpen(port('primary'));
    await set({ follows: 'primary', connectionLimit: null });
  });
});

describe('an idle timeout', () => {
  it('ends connections that are silent, and no others', async () => {
    const { items } = await set({ follows: 'database', idleTimeoutSeconds: 2 });
    expect(items.map(({ idleTimeoutSeconds }) => idleTimeoutSeconds)).toEqual([2, 2, null, null]);
    const other = await open(port('primary'));
    await eventually(async () => {
      const silent = await open(port('database'));
      await once(silent, 'close', { signal: AbortSignal.timeout(4_000) });
    }, healed);
    expect(await other.ping()).toBe('PONG');
    other.disconnect();
    await set({ idleTimeoutSeconds: null });
  });
});

describe('a bind address', () => {
  it('takes only connections to it', async () => {
    await set({ follows: 'database', bindAddress: '127.0.0.2' });
    await expectShut(port('database'));
    await expectOpen(port('primary'));
    await set({ follows: 'database', bindAddress: '127.0.0.1' });
    await expectOpen(port('database'));
    await set({ bindAddress: null });
  });
});

describe('what was set', () => {
  const expectKept = async (within = healed): Promise<void> => {
    await expectOpen(port('primary'), database, within);
    await expectShut(port('database'), within);
    await expectOpen(port('database', neighbour), neighbour, within);
  };

  beforeAll(async () => {
    await set({ follows: 'database', allow: nobodyHere, connectionLimit: 5, idleTimeoutSeconds: 600 });
    await set({ follows: 'primary', allow: ['127.0.0.1'] });
    await expectKept();
  });

  it('comes back with an edge that crashed', async () => {
    const { StartedAt } = await stateOf(edge());
    await crash(edge());
    await expectKept();
    expect((await stateOf(edge())).StartedAt).not.toBe(StartedAt);
  });

  it('comes back with an edge that was removed', async () => {
    await docker('rm', '--force', edge());
    await expectKept();
  });

  it('comes back from Postgres with an edge that lost its files as well', async () => {
    await rm(join(live.installation.home, 'edge/conf/doors.map'));
    await docker('rm', '--force', edge());
    await expectKept();
  });

  it('comes back from Postgres when somebody changed the running edge by hand', async () => {
    const socket = join(live.installation.home, 'edge/run/admin.sock');
    const door = `/etc/holdfast/doors.map ${port('database')}`;
    const { RuntimeSocket } = await import('#engine/edge/runtime-socket.js');
    await new RuntimeSocket(socket).ask(`del map ${door}; add map ${door} 127.0.0.1:1`, AbortSignal.timeout(5_000));
    await expectKept();
  });

  it('stays over a restart of the database', async () => {
    await live.operate(database, 'restart');
    await expectKept();
  });

  it('stays when the edge is made anew with other settings', async () => {
    const before = await docker('inspect', '--format', '{{.Id}}', edge());
    await Promise.all(live.processes.map((process) => process.end()));
    await live.installation.start('standalone', { HOLDFAST_EDGE_ADDRESS: '::' });
    await eventually(
      async () => expect(await docker('inspect', '--format', '{{.Id}}', edge())).not.toBe(before),
      healed,
    );
    await expectKept();
    expect(await whenBack(database, (client) => client.ping(), { port: port('primary') })).toBe('PONG');
  });

  it('ends with the database', async () => {
    await live.operate(database, 'deprovision');
    const left = await live.installation.control.db
      .selectFrom('doors')
      .selectAll()
      .where(
        'port',
        'in',
        database.doors.map((door) => door.port),
      )
      .execute();
    expect(left).toHaveLength(4);
    for (const row of left) {
      expect(row).toMatchObject({ database_id: null, allow: [], connection_limit: null, idle_timeout_seconds: null });
    }
  });
});
