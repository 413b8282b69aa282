import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeEverythingOwned, startStoppedContainers, stopContainers } from '../../../apps/setup/containers.js';
import { DockerCli } from '../../../apps/setup/docker-cli.js';
import { imageNames } from '../../../apps/setup/images.js';
import { ensureDatabase } from '../../../apps/setup/postgres-database.js';
import { ensurePostgres, stopPostgres } from '../../../apps/setup/postgres.js';
import { ensureQueueRedis } from '../../../apps/setup/queue-redis.js';

const signal = AbortSignal.timeout(120_000);
const docker = new DockerCli('/var/run/docker.sock');
const installation = `t-servers-${process.pid}`;
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-servers-'));
  chmodSync(home, 0o711);
});

afterAll(async () => {
  await removeEverythingOwned(docker, installation, signal);
  await stopPostgres(join(home, 'postgres'), signal);
  rmSync(home, { recursive: true });
}, 60_000);

describe('the embedded Postgres', () => {
  const start = () => ensurePostgres({ directory: join(home, 'postgres'), settings: { fsync: 'off' } }, signal);
  const query = async (url: string, text: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };

  it('keeps its URL and its data over a stop, and starting it twice changes nothing', async () => {
    const url = await start();
    const database = await ensureDatabase(url, 'holdfast');
    await query(database, 'CREATE TABLE kept AS SELECT 42 AS answer');
    expect(await start()).toBe(url);
    await stopPostgres(join(home, 'postgres'), signal);
    await expect(query(database, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await start()).toBe(url);
    expect(await ensureDatabase(url, 'holdfast')).toBe(database);
    expect(await query(database, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  }, 60_000);

  it('listens on 127.0.0.1 only and asks for a password', async () => {
    const url = new URL(await start());
    expect(await query(url.href, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(home, 'postgres/server.json')).mode & 0o777).toBe(0o600);
  }, 60_000);

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('refuses a directory that its user cannot reach, and names the obstacle', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'holdfast-closed-'));
    try {
      const refused = ensurePostgres({ directory: join(closed, 'postgres') }, signal);
      await expect(refused).rejects.toMatchObject({ detail: expect.stringContaining(closed) });
    } finally {
      rmSync(closed, { recursive: true });
    }
  });
});

describe("the queue's Redis", () => {
  const start = () =>
    ensureQueueRedis(docker, { installation, directory: join(home, 'queue'), image: imageNames.redis80 }, signal);
  const ask = async <Answer>(url: string, question: (client: Redis) => Promise<Answer>) => {
    const client = new Redis(url);
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  };

  it('never evicts, and keeps its URL and its data when it is stopped and started', async () => {
    const url = await start();
    expect(await ask(url, (client) => client.config('GET', 'maxmemory-policy'))).toContain('noeviction');
    await ask(url, (client) => client.set('kept', 'yes'));
    expect(await stopContainers(docker, installation, signal)).toBe(1);
    expect(await startStoppedContainers(docker, installation, signal)).toBe(1);
    expect(await start()).toBe(url);
    expect(await ask(url, (client) => client.get('kept'))).toBe('yes');
  }, 60_000);

  it('has its password in no argument, label or variable of its container', async () => {
    const { password } = new URL(await start());
    const shown = await docker.run(['container', 'inspect', `${installation}-queue`], signal);
    expect(shown).not.toContain(password);
  }, 60_000);
});
