import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Backup, Database, Operation } from '../../apps/cli/api/documents.js';
import { BackupRun } from '../support/backup-run.js';
import { Cli, type CliResult } from '../support/cli.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(180_000);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

describe('backups by the CLI', () => {
  let run: BackupRun;
  let cli: Cli;
  /** Of the database "orders", the first one that was taken. */
  let id = '';

  beforeAll(async () => {
    run = await BackupRun.open({ HOLDFAST_RETENTION_SWEEP_SECONDS: '1' });
    const { installation } = run;
    for (const app of ['api', 'backup-worker', 'sweep-worker'] as const) await installation.start(app);
    cli = new Cli({ HOLDFAST_URL: installation.url, HOLDFAST_TOKEN: installation.token });
    expect(await cli.run('db:create --container-size 64 --disk-size 1 orders')).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => run?.close());

  const done = async (line: string): Promise<CliResult> => {
    const result = await cli.run(line);
    if (result.exitCode !== 0) throw new Error(`${line} ended with ${result.exitCode}: ${result.errors}`);
    return result;
  };
  const redis = async (line: string) => (await done(`db:cli ${line}`)).output.trim();
  const show = (backupId: string) => cli.json<Backup>(`backup:show ${backupId}`);
  const filesIn = async (store: string, backupId: string): Promise<string[]> =>
    (await readdir(join(run.directory, store), { recursive: true })).filter((name) => name.includes(`${backupId}/`));
  const taken = async (handle: string): Promise<string> => (await done(`db:backup ${handle} --verify`)).output.trim();

  it('are taken, and print their id alone once they are verified', async () => {
    expect(await redis('orders SET kept first')).toBe('OK');
    const { output, errors } = await done('db:backup orders --verify');
    expect(output).toMatch(uuid);
    expect(errors).toContain('Verification: verified');
    id = output.trim();
    expect(await filesIn('first', id)).toHaveLength(2);
  });

  it('are listed and shown with what they hold and how long a restore took', async () => {
    const { output } = await done('backup:list orders');
    expect(output).toMatch(new RegExp(`^${id} .* manual +complete +verified .* first$`, 'm'));
    const shown = (await done(`backup:show ${id}`)).output;
    for (const line of [
      /^verification: +verified$/m,
      /^keys: +1$/m,
      /^restored in: +\d/m,
      /^store: +first$/m,
      /^ +db0 +1 key +0 expire$/m,
    ])
      expect(shown).toMatch(line);
    expect((await done('db:show orders')).output).toMatch(/verified/);
  });

  it('are held, and then nobody purges them', async () => {
    await done(`backup:hold ${id} --reason audit`);
    const refused = await cli.run(`backup:purge ${id} --confirm ${id}`);
    expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringMatching(/audit[\s\S]*backup_held/) });
    expect((await show(id)).hold).toMatchObject({ reason: 'audit' });
    await done(`backup:release ${id}`);
    expect((await show(id)).hold).toBeNull();
  });

  it('are restored into a database of its own, whose URL is printed and works', async () => {
    await redis('orders SET kept second');
    const { output } = await done(`backup:restore ${id} --handle back`);
    const client = new Redis(output.trim(), {
      tls: { ca: (await done('ca')).output },
      lazyConnect: true,
      maxRetriesPerRequest: 0,
    });
    try {
      await client.connect();
      expect(await client.get('kept')).toBe('first');
      expect(await client.set('more', 'yes')).toBe('OK');
    } finally {
      client.disconnect();
    }
    expect(await redis('orders GET kept')).toBe('second');
    expect(await redis('orders EXISTS more')).toBe('0');
  });

  it('are copied, and a purge of the original takes the copy along', async () => {
    const copy = (await done(`backup:copy ${id} --store second`)).output.trim();
    expect(await show(copy)).toMatchObject({ copyOf: id, store: 'second', verification: 'unverified' });
    expect(await done(`backup:verify ${copy}`)).toMatchObject({ exitCode: 0 });
    expect(await cli.run(`backup:purge ${id}`)).toMatchObject({ exitCode: 2 });
    await done(`backup:purge ${id} --confirm ${id}`);
    expect([await filesIn('first', id), await filesIn('second', id)]).toEqual([[], []]);
    expect([(await show(id)).status, (await show(copy)).status]).toEqual(['purged', 'purged']);
    expect(await cli.run(`backup:restore ${id}`)).toMatchObject({ exitCode: 1 });
  });

  it('go by a policy that was lowered only after somebody agreed', async () => {
    const [old, manual, newest] = [await taken('back'), await taken('back'), await taken('back')];
    await makeAutomatic(old, 20);
    await makeAutomatic(newest, 0);
    const line = 'backup-policy:set default --daily 1 --monthly 0 --yearly 0';
    const refused = await cli.run(line);
    expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringMatching(new RegExp(`${old} of "back"`)) });
    expect((await done('backup-policy default')).output).toMatch(/^daily: +30$/m);
    expect((await show(old)).status).toBe('complete');
    expect((await done(`${line} --force`)).output).toMatch(/^daily: +1$/m);
    await eventually(async () => expect((await show(old)).status).toBe('purged'), { withinMs: 60_000 });
    expect(await filesIn('first', old)).toEqual([]);
    expect([(await show(manual)).status, (await show(newest)).status]).toEqual(['complete', 'complete']);
  });

  it('outlive their database by a last one, from which it comes back', async () => {
    const { id: databaseId } = await cli.json<Database>('db:show back');
    const { output } = await done('db:deprovision back --confirm back');
    const [, final = ''] = /^Final backup: (\S+)$/m.exec(output) ?? [];
    expect(await show(final)).toMatchObject({
      kind: 'final',
      status: 'complete',
      orphaned: true,
      database: databaseId,
    });
    expect((await done('backup:orphaned')).output).toMatch(new RegExp(`^${final} .* default/back +\\d{4}-`, 'm'));
    await done(`backup:restore ${final} --handle back-again`);
    expect(await redis('back-again GET more')).toBe('yes');
  });

  it('leave a history that verifies, and nothing else', async () => {
    const operations = await cli.json<Operation[]>('operation:list');
    expect(operations.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    for (const handle of ['orders', 'back-again'])
      await done(`db:deprovision ${handle} --confirm ${handle} --skip-final-backup`);
    expect(await cli.run('audit:verify')).toMatchObject({ exitCode: 0 });
    await run.settled();
    await run.expectSound();
  });

  /** As if the schedule had taken it, so many days ago: a test cannot wait for a night. */
  const makeAutomatic = async (backupId: string, days: number): Promise<void> => {
    const at = new Date(Date.now() - days * 86_400_000);
    const rows = run.installation.control.db.updateTable('backups').set({ kind: 'automatic', snapshot_at: at });
    await rows.where('id', '=', backupId).execute();
  };
});
