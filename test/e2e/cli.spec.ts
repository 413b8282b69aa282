import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Cli } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { createInstallation, type Installation } from '../support/installation.js';

jest.setTimeout(120_000);

const root = join(import.meta.dirname, '../..');
const reached = (installation: Installation) => ({
  HOLDFAST_URL: installation.url,
  HOLDFAST_TOKEN: installation.token,
});

/** The arguments of all processes of this machine. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });

describe('the CLI against a whole installation', () => {
  let installation: Installation;
  let cli: Cli;

  beforeAll(async () => {
    installation = await createInstallation();
    await installation.start('api');
    cli = new Cli(reached(installation));
  });
  afterAll(() => installation?.close());

  describe('while no worker runs', () => {
    it('records a database at once with --detach, follows it until Ctrl-C, and cancels it', async () => {
      const { operation } = await cli.json<{ operation: { id: string } }>('db:create waiting --detach');
      const following = cli.start(`operation:follow ${operation.id}`);
      await new Promise((resolve) => following.child.stderr?.once('data', resolve));
      following.child.kill('SIGINT');
      const { exitCode, errors } = await following.ended;
      expect(exitCode).toBe(130);
      expect(errors).toContain(`holdfast operation:cancel ${operation.id}`);
      expect(await cli.run(`operation:cancel ${operation.id}`)).toMatchObject({ exitCode: 0 });
      expect(await cli.run(`operation:follow ${operation.id}`)).toMatchObject({
        exitCode: 1,
        errors: expect.stringContaining('was cancelled'),
      });
    });

    it('says who may not, who cannot and what is wrong by its exit code', async () => {
      const stranger = new Cli({ ...reached(installation), HOLDFAST_TOKEN: 'unknown' });
      expect(await stranger.run('db:list')).toMatchObject({ exitCode: 4 });
      const nowhere = new Cli({ ...reached(installation), HOLDFAST_URL: 'http://127.0.0.1:9' });
      expect(await nowhere.run('db:list')).toMatchObject({ exitCode: 3 });
      expect(await cli.run('db:lst')).toMatchObject({ exitCode: 2 });
      expect(await cli.run('db:create bad --version 1.0')).toMatchObject({
        exitCode: 1,
        errors: expect.stringContaining('version_unknown'),
      });
      const { errors } = await cli.run('db:create Bad_Handle! -o json');
      expect(JSON.parse(errors)).toMatchObject({ code: 'invalid_request', errors: [{ path: 'handle' }] });
    });

    it('makes and revokes tokens that can do what they are for', async () => {
      const created = await cli.json<{ id: string; token: string }>('token:create reader --permission read');
      const reader = new Cli({ ...reached(installation), HOLDFAST_TOKEN: created.token });
      expect(await reader.run('db:list')).toMatchObject({ exitCode: 0 });
      expect(await reader.run('env:create other')).toMatchObject({ exitCode: 4 });
      expect((await cli.run('token:list')).output).toContain('reader');
      expect(await cli.run(`token:revoke ${created.id}`)).toMatchObject({ exitCode: 0 });
      expect(await reader.run('db:list')).toMatchObject({ exitCode: 4 });
    });

    it('makes, lists and deletes environments', async () => {
      expect(await cli.run('env:create staging')).toMatchObject({ exitCode: 0, output: 'staging\n' });
      expect((await cli.run('env:list')).output.split('\n')).toContain('staging');
      expect(await cli.run('env:delete staging')).toMatchObject({ exitCode: 2 });
      expect(await cli.run('env:delete staging --confirm staging')).toMatchObject({ exitCode: 0 });
    });

    it('runs by npx from the root of the project', async () => {
      const environment = { ...process.env, ...reached(installation) };
      const { stdout } = await promisify(execFile)('npx', ['holdfast', 'db:versions'], { cwd: root, env: environment });
      expect(stdout).toMatch(/^8\.0-nordb +NO PERSISTENCE +available/m);
    });
  });

  describe('with a worker', () => {
    const url = async () => (await cli.run('db:url orders')).output.trim();

    beforeAll(async () => {
      await installation.start('scheduler');
      await installation.start('lifecycle-worker');
    });

    it("provisions by the reference's line, prints the URL alone, and warns", async () => {
      const { exitCode, output, errors } = await cli.run(
        'db:create --type redis --version 8.0-nordb --disk-size 1 orders',
      );
      expect({ exitCode, errors }).toMatchObject({ exitCode: 0, errors: expect.stringContaining('memory only') });
      expect(output).toMatch(/^rediss:\/\/tenant:[^@]+@127\.0\.0\.1:\d+\n$/);
      expect(errors).toMatch(/^ +\d+ m?s {2}\S+/m);
      expect(await url()).toBe(output.trim());
      expect((await cli.run('db:url orders --type redis --follows database')).output).toMatch(/^redis:\/\//);
    });

    it('lists and shows it', async () => {
      expect((await cli.run('db:list')).output).toBe('=== default\norders  primary  provisioned  healthy\n');
      expect((await cli.run('db:show orders')).output).toMatch(/^persistence: +NO PERSISTENCE$/m);
      expect(await cli.json('db:show default/orders')).toMatchObject({ handle: 'orders', diskGb: 1 });
    });

    it('opens redis-cli on it without a password in any argument', async () => {
      expect(await cli.run('db:cli orders PING')).toMatchObject({ exitCode: 0, output: 'PONG\n' });
      const { password } = new URL(await url());
      const waiting = cli.start('db:cli orders BLPOP nothing 30');
      const isWaiting = (line: string) => line.startsWith('redis-cli') && line.includes('BLPOP nothing');
      await eventually(() => expect(commandLines().filter(isWaiting)).toHaveLength(1), { withinMs: 10_000 });
      expect(commandLines().join('\n')).not.toContain(password);
      await cli.run('db:cli orders LPUSH nothing done');
      expect(await waiting.ended).toMatchObject({ exitCode: 0, output: 'nothing\ndone\n' });
    });

    it('restarts and reloads a memory-only database only when that is confirmed', async () => {
      expect(await cli.run('db:restart orders')).toMatchObject({ exitCode: 2 });
      expect(await cli.run('db:restart orders --confirm orders')).toMatchObject({ exitCode: 0, output: '' });
      const reload = await cli.json<{ id: string }>('db:reload orders --confirm orders');
      expect(reload).toMatchObject({ type: 'reload', status: 'succeeded' });
      expect((await cli.run(`operation:show ${reload.id}`)).output).toMatch(/^status: +succeeded$/m);
      expect(await cli.run(`operation:logs ${reload.id}`)).toMatchObject({ exitCode: 0 });
    });

    it('deprovisions it when it is not protected and the handle is confirmed', async () => {
      expect(await cli.run('db:protect orders')).toMatchObject({ exitCode: 0 });
      expect(await cli.run('db:deprovision orders --confirm orders')).toMatchObject({
        exitCode: 1,
        errors: expect.stringContaining('deletion_protected'),
      });
      expect(await cli.run('db:unprotect orders')).toMatchObject({ exitCode: 0 });
      expect(await cli.run('db:deprovision orders')).toMatchObject({ exitCode: 2 });
      expect(await cli.run('db:deprovision orders --confirm other')).toMatchObject({ exitCode: 1 });
      expect(await cli.run('db:deprovision orders --confirm orders')).toMatchObject({ exitCode: 0 });
      expect(await cli.run('db:list')).toMatchObject({ exitCode: 0, output: '' });
    });

    it('shows the history of all that, whole', async () => {
      const operations = await cli.json<{ type: string }[]>('operation:list --limit 5');
      // The deprovision took a last backup, which is being proved.
      const kinds = ['verify-backup', 'deprovision', 'reload', 'restart', 'provision'];
      expect(operations.map(({ type }) => type)).toEqual(kinds);
      expect(await cli.run('audit:verify')).toMatchObject({ exitCode: 0 });
      const exported = (await cli.run('audit:export')).output.trim().split('\n');
      expect(await cli.json('audit:export')).toHaveLength(exported.length);
      const [newest] = await cli.json<{ seq: number }[]>('audit:list --limit 1');
      expect(newest?.seq).toBeGreaterThanOrEqual(exported.length);
    });

    it('prints the certificates to trust, without a token', async () => {
      const { output } = await new Cli({ HOLDFAST_URL: installation.url }).run('ca');
      expect(output).toMatch(/^-----BEGIN CERTIFICATE-----[^]+-----END CERTIFICATE-----\n$/);
    });
  });
});
