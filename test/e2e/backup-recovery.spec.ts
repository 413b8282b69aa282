import { randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { Cli } from '../support/cli.js';
import { FaultRun } from '../support/fault-run.js';
import { backup, create, finished, verified } from '../support/requests.js';

jest.setTimeout(180_000);

const apps = ['api', 'scheduler', 'lifecycle-worker', 'backup-worker', 'sweep-worker'] as const;

interface Run {
  readonly run: FaultRun;
  readonly cli: Cli;
  processes: AppProcess[];
}

const open = async (more: Readonly<Record<string, string>> = {}): Promise<Run> => {
  const run = await FaultRun.open(more);
  const cli = new Cli({ HOLDFAST_URL: run.installation.url, HOLDFAST_TOKEN: run.installation.token });
  return { run, cli, processes: await start(run) };
};

const start = (run: FaultRun): Promise<AppProcess[]> => Promise.all(apps.map((app) => run.installation.start(app)));

const restart = async (one: Run): Promise<void> => {
  await Promise.all(one.processes.map((process) => process.end()));
  one.processes = await start(one.run);
};

const inDatabase20 = (command: string): string => `redis.call('SELECT', 20) return redis.call(${command})`;

describe('what outlives an installation', () => {
  let first: Run;
  let backupId: string;

  beforeAll(async () => {
    first = await open();
    const { databaseId, operationId } = await create(first.run.installation, 'orders', { persistence: 'aof' });
    await finished(first.run.installation, operationId);
    await first.run.throughDoors(databaseId, 'SET', 'kept', 'yes');
    const chosen = 'databases=32 hash-max-listpack-entries=1024 maxmemory-policy=allkeys-lfu';
    expect(await first.cli.run(`db:configure orders ${chosen}`)).toMatchObject({ exitCode: 0 });
    await first.run.throughDoor(databaseId, 'EVAL', inDatabase20("'SET', 'deep', 'down'"), '0');
    const taken = await backup(first.run.installation, databaseId);
    backupId = taken.backupId;
    await finished(first.run.installation, taken.operationId);
    await verified(first.run.installation, backupId);
  });
  afterAll(() => first?.run.close());

  const keyFile = (): string => join(first.run.installation.home, 'master.key');

  it('is sealed anew under a new master key, after which the old one is not needed', async () => {
    await appendFile(keyFile(), `2:${randomBytes(32).toString('base64')}\n`);
    await restart(first);
    const sealed = await first.cli.run('sweep:keys');
    expect(sealed.output).toMatch(/backups sealed anew:\s+1/);
    expect(sealed.exitCode).toBe(0);
    expect(await first.cli.json(`backup:show ${backupId}`)).toMatchObject({ masterKeyVersion: 2 });
    const [, newest = ''] = (await readFile(keyFile(), 'utf8')).trim().split('\n');
    await writeFile(keyFile(), `${newest}\n`);
    await restart(first);
    expect((await first.cli.run(`backup:verify ${backupId}`)).exitCode).toBe(0);
    expect((await first.cli.run('db:restart orders')).exitCode).toBe(0);
    expect((await first.cli.run('sweep:keys')).output).toMatch(/backups sealed anew:\s+0/);
  });

  it('is found and restored by another one that has the store and the master key alone', async () => {
    const { home } = first.run.installation;
    const stores = join(home, 'stores.json');
    await writeFile(stores, JSON.stringify({ stores: { found: { type: 'directory', path: join(home, 'backups') } } }));
    const second = await open({ HOLDFAST_MASTER_KEY_FILE: keyFile(), HOLDFAST_BACKUP_STORES_FILE: stores });
    try {
      expect((await second.cli.run('backup:orphaned')).output).not.toContain(backupId);
      const found = await second.cli.run('backup:discover');
      expect({ code: found.exitCode, text: found.output }).toMatchObject({ code: 0 });
      expect((await second.cli.run('backup:orphaned')).output).toContain(backupId);
      expect((await second.cli.run('backup:discover')).output).toMatch(/made known:\s+0/);
      expect(await second.cli.json(`backup:show ${backupId}`)).toMatchObject({
        ...{ orphaned: true, verification: 'unverified', hold: { by: 'sweep:discovery' } },
      });
      expect((await second.cli.run(`backup:verify ${backupId}`)).exitCode).toBe(0);
      const restored = await second.cli.run(`backup:restore ${backupId} --handle orders`);
      expect(restored.exitCode).toBe(0);
      expect((await second.cli.run('db:cli orders GET kept')).output.trim()).toBe('yes');
      const { items } = await second.cli.json<{ items: { name: string; value: string; isDefault: boolean }[] }>(
        'db:settings orders',
      );
      expect(items.filter(({ isDefault }) => !isDefault).map(({ name, value }) => `${name} ${value}`)).toEqual([
        ...['maxmemory-policy allkeys-lfu', 'hash-max-listpack-entries 1024', 'databases 32'],
      ]);
      const restoredId = (await second.cli.json<{ id: string }>('db:show orders')).id;
      const deep = await second.run.throughDoors(restoredId, 'EVAL', inDatabase20("'GET', 'deep'"), '0');
      expect(deep).toEqual(Array(4).fill('down'));
      expect((await second.cli.run(`backup:purge ${backupId} --confirm ${backupId}`)).exitCode).toBe(1);
    } finally {
      await second.run.close();
    }
  });

  it('is of no use under another master key, and that is said', async () => {
    const { home } = first.run.installation;
    const third = await open({ HOLDFAST_BACKUP_STORES_FILE: join(home, 'stores.json') });
    try {
      const found = await third.cli.run('backup:discover');
      expect(found.output).toMatch(/not usable:\s+1/);
      expect(found.exitCode).toBe(1);
    } finally {
      await third.run.close();
    }
  });
});
