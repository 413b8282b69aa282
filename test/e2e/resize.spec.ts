import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cpuShares, maxmemoryBytes, memoryLimitBytes } from '#domain/database/size.js';
import { docker, inspect, stateOf } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { replicate } from '../support/live-tree.js';
import { SteadyClients } from '../support/steady-clients.js';
import { asTenant, settingsOf, whenBack } from '../support/tenant.js';

/** Another size on real Docker: no restart, no lost connection, and never a server that may use more than its container has. */

let live: Live;
beforeAll(async () => {
  live = await Live.start();
}, 60_000);
afterAll(() => live.close(), 60_000);
jest.setTimeout(120_000);

interface Limits {
  readonly HostConfig: { readonly Memory: number; readonly MemorySwap: number; readonly CpuShares: number };
}

const expectSize = async (one: LiveDatabase, memoryMb: number, mode: 'aof' | 'none' = 'aof'): Promise<void> => {
  const { HostConfig } = await inspect<Limits>(one.container);
  const limit = memoryLimitBytes(memoryMb);
  expect(HostConfig).toMatchObject({ Memory: limit, MemorySwap: limit, CpuShares: cpuShares(memoryMb) });
  const { maxmemory } = await whenBack(one, (client) => settingsOf(client, 'maxmemory'));
  expect(maxmemory).toBe(String(maxmemoryBytes(memoryMb, mode)));
};

const resize = async (one: LiveDatabase, memoryMb: number) => {
  const { id } = await live.requestOperation(one.id, { type: 'resize', memoryMb });
  return live.finished(id);
};

describe.each(['6.0', '7.0', '8.0'])('on %s', (version) => {
  it('grows and shrinks under 64 clients that see no error, and keeps its size whatever starts it again', async () => {
    const one = await live.provision(`size-${version}`, { version: `${version}-aof` });
    const { StartedAt } = await stateOf(one.container);
    const clients = await SteadyClients.connect(one, 64, await live.authorityPem());
    expect(await resize(one, 192)).toMatchObject({
      status: 'succeeded',
      receipt: { memoryMb: 192, memoryMbBefore: 64 },
    });
    await expectSize(one, 192);
    expect(await resize(one, 96)).toMatchObject({ status: 'succeeded' });
    await expectSize(one, 96);
    expect(await clients.stop()).toEqual([]);
    expect((await stateOf(one.container)).StartedAt).toBe(StartedAt);
    expect(await live.show(one.id)).toMatchObject({ memoryMb: 96 });
    await docker('restart', '--time', '10', one.container);
    await expectSize(one, 96);
    await live.operate(one, 'reload');
    await expectSize(one, 96);
    await live.operate(one, 'deprovision');
  });
});

it('refuses a size that the data do not fit into, with the figures, and leaves all as it is', async () => {
  const one = await live.provision('full', { memoryMb: 128 });
  await asTenant(one, async (client) => {
    for (let number = 0; number < 40; number++) await client.set(`block:${String(number)}`, 'x'.repeat(1024 * 1024));
  });
  const failed = await resize(one, 64);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'memory_in_use', leftBehind: [] } });
  expect(failed.error?.detail).toMatch(/uses [45]\d\.\d MB; with 64 MB .* may use 28\.0 MB/);
  await expectSize(one, 128);
  await live.operate(one, 'deprovision');
});

it('a memory-only database keeps its data', async () => {
  const one = await live.provision('memory', { persistence: 'none' });
  await asTenant(one, (client) => client.set('kept', 'yes'));
  expect(await resize(one, 128)).toMatchObject({ status: 'succeeded' });
  await expectSize(one, 128, 'none');
  expect(await asTenant(one, (client) => client.get('kept'))).toBe('yes');
  await live.operate(one, 'deprovision');
});

it('a replica grows first and shrinks last', async () => {
  const source = await live.provision('source');
  const replica = await replicate(live, source, 'replica');
  const refused = (one: LiveDatabase, memoryMb: number) => live.refusedOperation(one.id, { type: 'resize', memoryMb });
  expect(await refused(source, 128)).toMatchObject({ code: 'replica_too_small', status: 422 });
  expect(await resize(replica, 128)).toMatchObject({ status: 'succeeded' });
  expect(await resize(source, 128)).toMatchObject({ status: 'succeeded' });
  expect(await refused(replica, 64)).toMatchObject({ code: 'replica_too_small' });
  const { id } = await live.requestOperation(replica.id, { type: 'promote', mode: 'strict' });
  await live.succeeded(id);
  await Promise.all([expectSize(source, 128), expectSize(replica, 128)]);
});
