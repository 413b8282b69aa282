import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '#contracts/http/operations.js';
import { CertificateWatch, seen } from '../support/certificate-watch.js';
import { upgraded } from '../support/checker/checked-upgrade.js';
import { eventually } from '../support/eventually.js';
import { LiveTree, replicate } from '../support/live-tree.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { makeOwnChain, type OwnChain } from '../support/own-chain.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant } from '../support/tenant.js';

/** A certificate that an operator brings, on servers that are in use. */

jest.setTimeout(180_000);

const serverName = 'redis.example.com';
let live: Live;
let authorityPem: string;

beforeAll(async () => {
  // Handshakes take the time that a lease of two seconds does not have on a busy machine.
  live = await Live.start({ HOLDFAST_LEASE_SECONDS: '15' });
  authorityPem = await live.authorityPem();
}, 60_000);
afterAll(() => live.close(), 60_000);

const pathOf = ({ id }: LiveDatabase): string => `/v1/databases/${id}/certificate`;
const bring = async (database: LiveDatabase, { certificatePem, privateKeyPem }: OwnChain): Promise<Operation> => {
  const body = { certificatePem, privateKeyPem, confirm: database.handle };
  return live.succeeded((await live.ask<Operation>('PUT', pathOf(database), body)).id);
};
const fingerprint = ({ leafPem }: OwnChain): string => new X509Certificate(leafPem).fingerprint256;

describe.each(['6.0', '8.0'])('a certificate of one’s own on version %s', (version) => {
  let tree: LiveTree;
  let chain: OwnChain;

  beforeAll(async () => {
    tree = await LiveTree.make(live, `own-${version}`, { version });
    chain = await makeOwnChain();
  }, 120_000);

  const follows = (id: LiveTree['replica']): Promise<void> =>
    eventually(
      () =>
        tree.asManager(id, async (client) =>
          expect(await client.info('replication')).toContain('master_link_status:up'),
        ),
      { withinMs: 20_000 },
    );

  it('is noticed by none of 8 clients, and shows to whoever connects after it', async () => {
    const clients = await SteadyClients.connect(tree.primary, 8, authorityPem);
    const { receipt } = await bring(tree.primary, chain);
    // The authority between is shown by the server: clients have the root only.
    expect(await seen(tree.primary, chain.rootPem, serverName)).toBe(fingerprint(chain));
    expect(await clients.stop()).toEqual([]);
    expect(receipt?.['notAfter']).toBe(new Date(new X509Certificate(chain.leafPem).validTo).toISOString());
    expect(await live.ask('GET', pathOf(tree.primary))).toMatchObject({
      ...{ by: 'operator', names: [serverName], fingerprint256: fingerprint(chain), notAfter: receipt?.['notAfter'] },
    });
    expect(await live.show(tree.primary.id)).toMatchObject({ ownCertificate: { subject: `CN=${serverName}` } });
    await expect(seen(tree.primary, authorityPem, tree.primary.handle)).rejects.toThrow();
    await asTenant(tree.primary, (client) => client.ping(), { authorityPem: chain.rootPem, serverName });
  });

  it('outlives a restart and a reload, and replicas old and new follow', async () => {
    await live.operate(tree.primary, 'restart');
    await follows(tree.replica);
    await live.operate(tree.primary, 'reload');
    expect(await seen(tree.primary, chain.rootPem, serverName)).toBe(fingerprint(chain));
    await live.operate(tree.replica, 'reload');
    await follows(tree.replica);
    const later = await replicate(live, tree.primary, `later-${version}`);
    expect(await seen(later, authorityPem, later.handle)).not.toBe(fingerprint(chain));
  });

  it('gives way to one of Holdfast', async () => {
    const clients = await SteadyClients.connect(tree.primary, 8);
    await live.succeeded((await live.ask<Operation>('DELETE', pathOf(tree.primary))).id);
    expect(await seen(tree.primary, authorityPem, tree.primary.handle)).not.toBe(fingerprint(chain));
    expect(await clients.stop()).toEqual([]);
    expect((await live.show(tree.primary.id)).ownCertificate).toBeNull();
    await live.operate(tree.replica, 'restart');
    await follows(tree.replica);
  });
});

describe('an upgrade of a server with a certificate of one’s own', () => {
  it.each(['swap', 'in-place'] as const)('by %s shows no other one to whoever connects meanwhile', async (method) => {
    const database = await live.provision(`kept-${method}`, { version: '7.0' });
    const chain = await makeOwnChain();
    await bring(database, chain);
    const believing = { authorityPem: chain.rootPem, serverName };
    await asTenant(database, (client) => client.set('kept', 'yes'), believing);
    const watch = new CertificateWatch(database, chain.rootPem, serverName);
    await upgraded(live, database, '8.0', { method }).finally(() => watch.stop());
    expect(await watch.stop()).toEqual([fingerprint(chain)]);
    expect(await asTenant(database, (client) => client.get('kept'), believing)).toBe('yes');
    expect(await live.show(database.id)).toMatchObject({
      ...{ version: '8.0', health: 'healthy', ownCertificate: { fingerprint256: fingerprint(chain) } },
    });
  });
});
