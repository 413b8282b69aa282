import { connect } from 'node:tls';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { LiveTree } from '../support/live-tree.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant, doorOf } from '../support/tenant.js';

/** A new certificate for a server that is in use. */

jest.setTimeout(180_000);

let live: Live;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_CERTIFICATE_SWEEP_SECONDS: '1' });
  authorityPem = await live.authorityPem();
}, 60_000);
afterAll(() => live.close(), 60_000);

/** What a client sees through the TLS door, verified. */
const seen = async (database: LiveDatabase): Promise<{ serial: string; names: string }> => {
  const { host, port } = doorOf(database, 'redis+ssl');
  const socket = connect({ host, port, ca: authorityPem, servername: database.handle });
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  return { serial: certificate?.serialNumber ?? '', names: certificate?.subjectAltName ?? '' };
};

describe.each(['6.0', '7.0', '8.0'])('a renewal on version %s', (version) => {
  let tree: LiveTree;

  beforeAll(async () => {
    tree = await LiveTree.make(live, `cert-${version}`, { version });
  }, 120_000);

  it('is noticed by none of 64 clients, and shows to whoever connects after it', async () => {
    const before = await seen(tree.primary);
    const clients = await SteadyClients.connect(tree.primary, 64, authorityPem);
    const { id } = await live.requestOperation(tree.primary.id, { type: 'renew-certificate' });
    const { receipt } = await live.succeeded(id);
    const after = await seen(tree.primary);
    expect(await clients.stop()).toEqual([]);
    expect(after).toEqual({ serial: receipt?.['serialNumber'], names: before.names });
    expect(after.serial).not.toBe(before.serial);
    expect((await live.show(tree.primary.id)).certificateNotAfter).toBe(receipt?.['notAfter']);
    await asTenant(tree.primary, (client) => client.ping(), { authorityPem });
  });

  it('outlives a restart, and its replica follows it as before', async () => {
    const { serial } = await seen(tree.primary);
    await live.operate(tree.primary, 'restart');
    expect((await seen(tree.primary)).serial).toBe(serial);
    await eventually(
      () =>
        tree.asManager(tree.replica, async (client) =>
          expect(await client.info('replication')).toContain('master_link_status:up'),
        ),
      { withinMs: 20_000 },
    );
  });

  it('comes by itself when it is due', async () => {
    const { serial } = await seen(tree.replica);
    await live.installation.control.db
      .updateTable('databases')
      .set({ certificate_not_after: new Date(Date.now() + 86_400_000) })
      .where('id', '=', tree.replica.id)
      .execute();
    await eventually(async () => expect((await seen(tree.replica)).serial).not.toBe(serial), { withinMs: 30_000 });
  });
});

describe('a renewal', () => {
  it.each([[{ graceHours: 1 }], [{ confirm: 'x' }]])('takes nothing along: %j', async (more) => {
    const [database] = (await live.ask<{ items: { id: string }[] }>('GET', '/v1/databases?limit=1')).items;
    const refusal = await live.refusedOperation(database?.id ?? '', { type: 'renew-certificate', ...more });
    expect(refusal.code).toBe('invalid_request');
  });
});
