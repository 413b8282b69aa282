import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { run } from '../../apps/setup/command.js';
import { Cli } from '../support/cli.js';
import { FaultRun } from '../support/fault-run.js';
import { namedLike } from '../support/host.js';
import { backup, create, finished } from '../support/requests.js';

jest.setTimeout(180_000);

const apps = ['api', 'lifecycle-worker', 'backup-worker', 'scheduler', 'sweep-worker'] as const;

/** Its processes by hand, so that they end before the purge. */
const started = async (of: FaultRun): Promise<() => Promise<unknown>> => {
  const processes = await Promise.all(apps.map((app) => of.installation.start(app)));
  return () => Promise.all(processes.map((process) => process.end()));
};

describe('a backup in a store outside the home', () => {
  let outside: string;
  let first: FaultRun;

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'holdfast-outside-'));
    await mkdir(join(outside, 'disk'));
    const stores = { stores: { disk: { type: 'directory', path: join(outside, 'disk') } } };
    await writeFile(join(outside, 'stores.json'), JSON.stringify(stores));
    first = await FaultRun.open({ HOLDFAST_BACKUP_STORES_FILE: join(outside, 'stores.json') });
  });
  afterAll(async () => {
    await first?.close();
    await rm(outside, { recursive: true, force: true });
  });

  it('can be restored after a purge, by the key that it leaves', async () => {
    const { installation } = first;
    const end = await started(first);
    const { databaseId, operationId } = await create(installation, 'orders');
    await finished(installation, operationId);
    await first.throughDoor(databaseId, 'SET', 'kept', 'yes');
    const taken = await backup(installation, databaseId);
    await finished(installation, taken.operationId);
    await end();

    // As `up` makes it, which this installation did not come up by.
    await writeFile(join(installation.home, 'installation.env'), '');
    const environment = Object.entries({ ...installation.environment, HOME: outside });
    const given = environment.map(([name, value]) => `${name}=${value}`);
    const down = [process.execPath, 'dist/apps/setup/down.js', '--purge'];
    const said = await run('env', [...given, ...down], { signal: AbortSignal.timeout(60_000), shownAs: 'down' });
    expect(said).toContain(`open 1 backup of the store "disk" (directory ${join(outside, 'disk')})`);
    expect((await readdir(installation.home)).sort()).toEqual(['master.key', 'master.key.kept']);
    expect(await namedLike(installation.name)).toEqual([]);

    const second = await FaultRun.open({
      HOLDFAST_BACKUP_STORES_FILE: join(outside, 'stores.json'),
      HOLDFAST_MASTER_KEY_FILE: join(installation.home, 'master.key'),
    });
    try {
      await started(second);
      const cli = new Cli({ HOLDFAST_URL: second.installation.url, HOLDFAST_TOKEN: second.installation.token });
      expect((await cli.run('backup:discover')).output).toMatch(/made known:\s+1/);
      expect(await cli.run(`backup:restore ${taken.backupId} --handle orders`)).toMatchObject({ exitCode: 0 });
      expect((await cli.run('db:cli orders GET kept')).output.trim()).toBe('yes');
    } finally {
      await second.close();
    }
    expect(existsSync(join(installation.home, 'master.key'))).toBe(true);
  });
});
