import { randomUUID } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { connect } from '#persistence/connection.js';
import { migrate } from '#persistence/migrate.js';
import { run } from '../../../apps/setup/command.js';
import { ensureEmbeddedDatabase } from '../../../apps/setup/embedded-database.js';
import { ensureHome, recordSettings } from '../../../apps/setup/installation.js';
import { ensureMasterKey } from '../../../apps/setup/master-key.js';
import { stopPostgres } from '../../../apps/setup/postgres.js';
import { freePort } from '../../support/free-ports.js';
import { uniqueName } from '../../support/names.js';
import { createTestDatabase } from '../../support/postgres.js';

jest.setTimeout(120_000);

const signal = AbortSignal.timeout(600_000);
let root: string;
let home: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-purge-'));
  chmodSync(root, 0o711);
  home = join(root, 'home');
  newHome();
});
afterEach(async () => {
  await stopPostgres(join(home, 'postgres'), signal);
  rmSync(root, { recursive: true });
});

const newHome = (): void => {
  ensureHome(home);
  ensureMasterKey(join(home, 'master.key'));
};

/** A program of the set-up, in a shell that knows the home and what is said here. */
const setUp = async (program: string, options: readonly string[], more: readonly string[] = []): Promise<string> => {
  const environment = [
    `HOME=${root}`,
    `HOLDFAST_HOME=${home}`,
    `HOLDFAST_INSTALLATION=${uniqueName('p')}`,
    `HOLDFAST_PORT=${String(await freePort())}`,
    ...more,
  ];
  return run('env', [...environment, process.execPath, `dist/apps/setup/${program}.js`, ...options], { signal });
};
const purge = (...options: readonly string[]): Promise<string> => setUp('down', ['--purge', ...options]);

/** A complete backup as its row tells of it, without the rows that it names. */
const record = async (url: string, store: string, key: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO backups (id, database_id, environment_id, kind, status, store, prefix, handle, version, image, tls_protocols,
         persistence, memory_mb, disk_gb, tls_only, maxmemory_policy, manifest_key, requested_by)
       VALUES ($1, $1, $1, 'manual', 'complete', $2, '', 'orders', '8.0', 'redis', '{}', 'aof', 64, 1, true, 'noeviction', $3, 'test')`,
      [randomUUID(), store, key],
    );
  } finally {
    await client.end();
  }
};

/** An embedded Postgres with the tables, as `up` leaves it. */
const withDatabase = async (): Promise<string> => {
  const url = await ensureEmbeddedDatabase(home, signal);
  const db = connect({ url, max: 1, role: 'owner', onIdleError: () => undefined });
  await migrate(db).finally(() => db.destroy());
  return url;
};

const storesFile = (): string => {
  const file = join(root, 'stores.json');
  writeFileSync(file, JSON.stringify({ stores: { disk: { type: 'directory', path: join(root, 'disk') } } }));
  return file;
};
const withStores = (): string => {
  const file = storesFile();
  recordSettings(home, { HOLDFAST_BACKUP_STORES_FILE: file });
  return file;
};

const inHome = (key: string): void => {
  const file = join(home, 'backups', key);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
};

describe('down --purge', () => {
  it('keeps the key of backups elsewhere after a plain down, also the next time, until it is told to take it', async () => {
    const key = readFileSync(join(home, 'master.key'), 'utf8');
    withStores();
    await record(await withDatabase(), 'disk', 'a/1.manifest.json');
    await stopPostgres(join(home, 'postgres'), signal);

    const said = await purge();
    expect(said).toContain(`gone, but for the master key in ${home}`);
    expect(said).toContain(`open 1 backup of the store "disk" (directory ${join(root, 'disk')})`);
    expect(readdirSync(home).sort()).toEqual(['master.key', 'master.key.kept']);
    newHome();
    expect(readFileSync(join(home, 'master.key'), 'utf8')).toBe(key);

    expect(await purge()).toContain('what an earlier purge has kept it for');
    expect(readFileSync(join(home, 'master.key'), 'utf8')).toBe(key);
    newHome();
    await purge('--with-master-key');
    expect(existsSync(home)).toBe(false);
  });

  it('takes the key when all backups lie in the home, and says how many they are', async () => {
    inHome('a/1.manifest.json');
    await record(await withDatabase(), 'default', 'a/1.manifest.json');
    expect(await purge()).toContain('Holdfast, all its data and 1 backup are gone\n');
    expect(existsSync(home)).toBe(false);
  });

  it('asks the Postgres of docker compose by the file that names it', async () => {
    const database = await createTestDatabase();
    try {
      await record(database.url, 'disk', 'a/1.manifest.json');
      inHome('b/1.manifest.json');
      mkdirSync(join(home, 'secrets'));
      writeFileSync(join(home, 'secrets/database-url'), database.url);
      expect(await purge('--keep-backups')).toContain('open 1 backup of the store "disk"');
      expect(readdirSync(home).sort()).toEqual(['backups', 'master.key', 'master.key.kept']);
    } finally {
      await database.drop();
    }
  });

  // The first service of docker-compose.yml gives its files to users of their own.
  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot.each([true, false])('goes by what docker compose was told of stores when it has gone: %s', async (named) => {
    const stores = named ? [`HOLDFAST_BACKUP_STORES_FILE=${storesFile()}`] : [];
    await setUp('compose-secrets', [], [`POSTGRES_PORT=${String(await freePort())}`, ...stores]);
    expect(await purge()).toContain('Postgres cannot be asked: connect ECONNREFUSED');
    expect(existsSync(join(home, 'master.key'))).toBe(named);
    expect(existsSync(home)).toBe(named);
  });

  it.each([true, false])('keeps it when Postgres does not start and stores are named: %s', async (named) => {
    await ensureEmbeddedDatabase(home, signal);
    await stopPostgres(join(home, 'postgres'), signal);
    appendFileSync(join(home, 'postgres/data/postgresql.conf'), 'nonsense = on\n');
    const file = named ? withStores() : '';
    const said = await purge();
    expect(said).toContain('Postgres cannot be asked');
    if (named) expect(said).toContain(`open whatever lies in the stores of ${file}`);
    expect(existsSync(join(home, 'master.key'))).toBe(named);
    expect(existsSync(home)).toBe(named);
  });

  it('refuses to keep backups that nobody could open', async () => {
    await expect(purge('--keep-backups', '--with-master-key')).rejects.toMatchObject({
      detail: expect.stringContaining('Without the master key'),
    });
    expect(existsSync(join(home, 'master.key'))).toBe(true);
  });
});
