import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import { containerName } from '#domain/server/names.js';
import { Cli } from '../support/cli.js';
import { createInstallation, type Installation } from '../support/installation.js';

jest.setTimeout(120_000);

describe('replication by the CLI', () => {
  let installation: Installation;
  let cli: Cli;

  beforeAll(async () => {
    // Nobody shall start again what a test stops.
    installation = await createInstallation({ HOLDFAST_DRIFT_SWEEP_SECONDS: '0' });
    await installation.start('api');
    cli = new Cli({ HOLDFAST_URL: installation.url, HOLDFAST_TOKEN: installation.token });
    await installation.start('scheduler');
    await installation.start('lifecycle-worker');
    await installation.start('sweep-worker');
  });
  afterAll(() => installation?.close());

  const show = (handle: string) =>
    cli.json<Database & { tree?: { handle: string; role: string }[] }>(`db:show ${handle}`);
  const rolesIn = async (handle: string) => (await show(handle)).tree?.map((each) => `${each.handle} ${each.role}`);
  const redis = async (line: string) => (await cli.run(`db:cli ${line}`)).output.trim();
  const replicationUsers = async (handle: string) =>
    (await redis(`${handle} ACL USERS`)).split('\n').filter((name) => name.startsWith('holdfast-replica-'));
  let url: string;

  it("replicates by the reference's line and prints the URL of the replica alone", async () => {
    const created = await cli.run('db:create --type redis --version 8.0-aof --container-size 64 --disk-size 1 orders');
    url = created.output.trim();
    expect(await redis('orders SET before yes')).toBe('OK');
    const { exitCode, output, errors } = await cli.run(
      'db:replicate --container-size 128 --disk-size 2 orders orders-2',
    );
    expect(exitCode).toBe(0);
    expect(output).toMatch(/^rediss:\/\/tenant:[^@]+@127\.0\.0\.1:\d+\n$/);
    expect(new URL(output).port).not.toBe(new URL(url).port);
    expect(new URL(output).password).toBe(new URL(url).password);
    expect(errors).toMatch(/^ +\d.* m?s {2}await-link$/m);
    expect(await redis('orders-2 GET before')).toBe('yes');
    expect(await redis('orders-2 SET before no')).toContain('READONLY');
    expect(await show('orders-2')).toMatchObject({ persistence: 'aof', memoryMb: 128, diskGb: 2, role: 'replica' });
  });

  it('shows who follows whom, and where the primary is', async () => {
    expect(await rolesIn('orders-2')).toEqual(['orders primary', 'orders-2 replica']);
    expect((await cli.run('db:show orders')).output).toMatch(
      /^> orders +primary .*\n {4}orders-2 +replica +provisioned +healthy +link up, \d+ bytes behind$/m,
    );
    expect((await cli.run('db:list')).output).toMatch(/^orders-2 +replica +provisioned/m);
    expect((await cli.run('db:url orders-2 --follows primary')).output.trim()).toBe(url);
  });

  it('refuses what would break the tree', async () => {
    expect(await cli.run('db:deprovision orders --confirm orders')).toMatchObject({
      exitCode: 1,
      errors: expect.stringMatching(/orders-2.*database_has_replicas/),
    });
    expect(await cli.run('db:promote orders')).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('not_a_replica'),
    });
    expect(await cli.run('db:replicate orders small --container-size 64 --disk-size 0')).toMatchObject({ exitCode: 1 });
    expect(await cli.run('db:unlink orders-2')).toMatchObject({ exitCode: 2 });
  });

  it('promotes, and the address of the primary stays', async () => {
    const { receipt } = await cli.json<Operation>('db:promote orders-2');
    expect(receipt).toMatchObject({ method: 'switchover', mode: 'strict', lostBytes: 0 });
    expect(await rolesIn('orders')).toEqual(['orders-2 primary', 'orders replica']);
    expect((await cli.run('db:url orders-2')).output.trim()).toBe(url);
    expect(await redis('orders-2 SET after yes')).toBe('OK');
    expect(await redis('orders --follows primary GET after')).toBe('yes');
    const back = await cli.run('db:promote orders --mode limited --max-lost-bytes 100');
    expect(back).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^former primary: +orders-2, a replica now$/m),
    });
    expect(back.output).toMatch(/^write pause: +\d+ ms$/m);
    expect(await replicationUsers('orders')).toEqual([`holdfast-replica-${(await show('orders-2')).id}`]);
    expect(await replicationUsers('orders-2')).toEqual([]);
  });

  it('without the primary only by force, which says so', async () => {
    const { id } = await show('orders');
    await installation.engine.stopContainer(containerName(installation.name, id), 5, AbortSignal.timeout(30_000));
    expect(await cli.run('db:promote orders-2')).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('promotion_would_lose_writes'),
    });
    expect(await cli.run('db:promote orders-2 --mode force')).toMatchObject({ exitCode: 2 });
    const { exitCode, output } = await cli.run('db:promote orders-2 --mode force --confirm orders-2');
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^former primary: +orders, fenced$/m),
    });
    expect(output).toMatch(/^lost bytes: +not known/m);
    expect((await cli.run('db:url orders-2')).output.trim()).toBe(url);
    expect(await redis('orders-2 SET forced yes')).toBe('OK');
    expect((await cli.run('db:list')).output).toMatch(/^orders +fenced/m);
  });

  it('gets redundancy back, unlinks, and removes all of it', async () => {
    expect(await cli.run('db:deprovision orders --confirm orders')).toMatchObject({ exitCode: 0 });
    expect(await replicationUsers('orders-2')).toEqual([]);
    expect(await cli.run('db:replicate orders-2 orders')).toMatchObject({ exitCode: 0 });
    expect(await redis('orders GET forced')).toBe('yes');
    expect(await cli.run('db:unlink orders --confirm orders')).toMatchObject({ exitCode: 0 });
    expect(await redis('orders SET alone yes')).toBe('OK');
    expect(await redis('orders-2 EXISTS alone')).toBe('0');
    expect((await show('orders')).tree).toBeUndefined();
    expect([...(await replicationUsers('orders')), ...(await replicationUsers('orders-2'))]).toEqual([]);
    expect((await cli.run('operation:list --type unlink')).output).toMatch(/ unlink +orders +succeeded /);
    expect((await cli.run('audit:list --action database.role-changed')).output).toMatch(
      / orders-2 +\{"from":"replica","to":"primary"\}/,
    );
    for (const handle of ['orders', 'orders-2']) {
      expect(await cli.run(`db:deprovision ${handle} --confirm ${handle}`)).toMatchObject({ exitCode: 0 });
    }
    expect(await cli.run('audit:verify')).toMatchObject({ exitCode: 0 });
  });
});
