import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.js';
import { crash } from '../support/host.js';
import { LiveTree } from '../support/live-tree.js';
import { Live, type Credentials, type LiveDatabase } from '../support/live.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant, whenBack } from '../support/tenant.js';

/** New passwords for a tree that is in use. */

jest.setTimeout(180_000);

let live: Live;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_CREDENTIALS_SWEEP_SECONDS: '1' });
  authorityPem = await live.authorityPem();
}, 60_000);
afterAll(() => live.close(), 60_000);

type Shown = Credentials & { readonly formerWorksUntil: string | null };

const shown = (id: string): Promise<Shown> => live.credentials(id) as Promise<Shown>;
const passwordOf = async (id: string): Promise<string> => (await shown(id)).items[0]?.password ?? '';
const letsIn = (database: LiveDatabase, password: string): Promise<boolean> =>
  asTenant(database, (client) => client.ping(), { password }).then(
    () => true,
    (error: unknown) => {
      if (String(error).includes('WRONGPASS')) return false;
      throw error;
    },
  );
const rotate = async (id: string, more: object = {}) =>
  live.succeeded((await live.requestOperation(id, { type: 'rotate-credentials', ...more })).id);
const linked = (tree: LiveTree, withinMs = 20_000): Promise<void> =>
  eventually(
    () =>
      tree.asManager(tree.replica, async (client) =>
        expect(await client.info('replication')).toContain('master_link_status:up'),
      ),
    { withinMs },
  );
const endAllGrace = () =>
  sql`UPDATE credentials SET expires_at = now() - interval '1 second' WHERE state = 'going'`.execute(
    live.installation.control.db,
  );

describe.each(['6.0', '7.0', '8.0'])('a rotation on version %s', (version) => {
  let tree: LiveTree;
  let former: string;

  beforeAll(async () => {
    tree = await LiveTree.make(live, `tree-${version}`, { version });
    former = tree.primary.password;
  }, 120_000);

  it('is noticed by none of 64 clients, and both passwords work on the whole tree', async () => {
    const clients = await SteadyClients.connect(tree.primary, 64, authorityPem);
    const { receipt } = await rotate(tree.primary.id, { graceHours: 1 });
    expect(await clients.stop()).toEqual([]);
    for (const member of tree.members) {
      const { items, formerWorksUntil } = await shown(member.id);
      expect(formerWorksUntil).toBe(receipt?.['formerWorksUntil']);
      const now = items[0]?.password ?? '';
      expect(now).not.toBe(former);
      expect([await letsIn(member, now), await letsIn(member, former)]).toEqual([true, true]);
    }
    await linked(tree, 0);
  });

  it('outlives a restart, a reload, a crash and a promotion', async () => {
    const now = await passwordOf(tree.primary.id);
    await live.operate(tree.primary, 'restart');
    await live.operate(tree.replica, 'reload');
    await crash(tree.primary.container);
    await whenBack(tree.primary, (client) => client.ping(), { password: now });
    // The replica, made anew, logs in with the password of its file.
    await linked(tree);
    await tree.promote();
    for (const member of tree.members) {
      expect([await letsIn(member, now), await letsIn(member, former)]).toEqual([true, true]);
    }
  });

  it('ends with the grace time: the former password works no more, and nobody who is connected notices', async () => {
    const now = await passwordOf(tree.primary.id);
    const clients = await SteadyClients.connect({ ...tree.primary, password: former }, 64, authorityPem);
    await endAllGrace();
    await eventually(async () => expect((await shown(tree.primary.id)).formerWorksUntil).toBeNull(), {
      withinMs: 20_000,
    });
    for (const member of tree.members) {
      await eventually(async () => expect(await letsIn(member, former)).toBe(false), { withinMs: 20_000 });
      expect(await letsIn(member, now)).toBe(true);
    }
    expect(await clients.stop()).toEqual([]);
    await live.operate(tree.primary, 'restart');
    expect([await letsIn(tree.primary, now), await letsIn(tree.primary, former)]).toEqual([true, false]);
  });

  it('with no grace drops everybody who is connected', async () => {
    const { id, handle } = tree.primary;
    const before = await passwordOf(id);
    const clients = await SteadyClients.connect({ ...tree.primary, password: before }, 4, authorityPem);
    await rotate(id, { now: true, confirm: handle });
    const dropped: unknown = expect.stringContaining('Connection is closed');
    expect(await clients.stop()).toEqual([dropped, dropped, dropped, dropped]);
    expect(await letsIn(tree.primary, before)).toBe(false);
    expect(await letsIn(tree.replica, await passwordOf(id))).toBe(true);
  });
});

describe('a rotation', () => {
  it.each([
    [{ graceHours: 0 }, 'invalid_request'],
    [{ graceHours: 721 }, 'invalid_request'],
    [{ graceHours: 1.5 }, 'invalid_request'],
    [{ graceHours: 2, now: true }, 'invalid_request'],
    [{ now: true }, 'confirmation_required'],
    [{ now: true, confirm: 'another' }, 'confirmation_required'],
  ])('refuses %j', async (body, code) => {
    const [database] = (await live.ask<{ items: { id: string }[] }>('GET', '/v1/databases?limit=1')).items;
    const refusal = await live.refusedOperation(database?.id ?? '', { type: 'rotate-credentials', ...body });
    expect(refusal.code).toBe(code);
  });
});
