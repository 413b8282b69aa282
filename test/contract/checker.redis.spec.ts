import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Checker } from '../support/checker/checker.js';
import { Directory, DirectLink } from '../support/checker/direct-link.js';
import { infoOf, RawPair, tenantLogin, type RawServer } from '../support/checker/raw-pair.js';
import { Watcher } from '../support/checker/watcher.js';

/** The checker on real servers without Holdfast: it is silent where nothing is lost, and loud where something is. */

jest.setTimeout(60_000);

let pair: RawPair;
let [source, replica]: RawServer[] = [];

beforeAll(async () => {
  pair = await RawPair.start('8.0');
  [source, replica] = pair.servers;
}, 60_000);

afterAll(() => pair.close(), 60_000);

const start = (directory: Directory, key: string): Checker =>
  Checker.start({ clients: 16, key, link: () => new DirectLink(directory, tenantLogin) });

const addresses = () => pair.servers.map(({ address }) => address);

describe('the checker', () => {
  it('is silent while nothing happens', async () => {
    const watcher = Watcher.start(addresses(), tenantLogin);
    const checker = start(new Directory(addresses(), false), 'quiet');
    await checker.moreWrites(50);
    const verdict = await checker.verdict(source!.address, tenantLogin);
    expect(verdict.complaints).toEqual([]);
    expect(verdict.acknowledged).toBeGreaterThanOrEqual(16 * 50);
    expect(verdict.errors).toEqual([]);
    expect(await watcher.stop(0, verdict.acceptances)).toEqual([]);
    expect(watcher.acceptances.length).toBeGreaterThan(10);
  });

  it('misses nothing of the built-in FAILOVER', async () => {
    const watcher = Watcher.start(addresses(), tenantLogin);
    const checker = start(new Directory(addresses(), true), 'failover');
    await checker.moreWrites(20);
    await source!.manager.call('FAILOVER');
    await pair.linkUp(source!);
    await checker.moreWrites(20);
    const verdict = await checker.verdict(replica!.address, tenantLogin);
    expect(verdict.complaints).toEqual([]);
    expect(await watcher.stop(1, verdict.acceptances)).toEqual([]);
    await replica!.manager.call('FAILOVER');
    await pair.linkUp(replica!);
  });

  it('shows what REPLICAOF NO ONE loses, and that two servers took writes at once', async () => {
    const watcher = Watcher.start(addresses(), tenantLogin);
    const directory = new Directory(addresses(), false);
    const checker = start(directory, 'lost');
    await checker.moreWrites(20);
    await replica!.manager.call('REPLICAOF', 'NO', 'ONE');
    await checker.moreWrites(5);
    directory.tell(replica!.address);
    await checker.moreWrites(20);
    const { complaints, acceptances } = await checker.verdict(replica!.address, tenantLogin);
    expect(complaints.filter((text) => text.includes('acknowledged and missing')).length).toBeGreaterThanOrEqual(16);
    expect(complaints.filter((text) => text.includes('was answered with')).length).toBeGreaterThanOrEqual(16);
    expect((await watcher.stop(1, acceptances)).join()).toContain('took writes in turn');
    expect(await infoOf(replica!)).toMatchObject({ role: 'master' });
  });
});
