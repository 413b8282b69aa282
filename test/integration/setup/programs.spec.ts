import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { parseMasterKeys } from '#operations/secrets/master-key.js';
import { outcomeOf, type CommandOutcome } from '../../../apps/setup/command.js';
import { ensureHome } from '../../../apps/setup/installation.js';
import { ensureMasterKey } from '../../../apps/setup/master-key.js';
import { freePort } from '../../support/free-ports.js';
import { uniqueName } from '../../support/names.js';
import { createTestDatabase } from '../../support/postgres.js';

jest.setTimeout(120_000);

const signal = AbortSignal.timeout(600_000);
let root: string;
let home: string;
let installation: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-programs-'));
  chmodSync(root, 0o711);
  home = join(root, 'home');
  installation = uniqueName('p');
});
afterEach(() => rmSync(root, { recursive: true }));

const call = async (program: string, ...options: readonly string[]): Promise<CommandOutcome> => {
  const environment = [
    `HOME=${root}`,
    `HOLDFAST_HOME=${home}`,
    `HOLDFAST_INSTALLATION=${installation}`,
    `HOLDFAST_PORT=${String(await freePort())}`,
  ];
  return outcomeOf('env', [...environment, process.execPath, `dist/apps/setup/${program}.js`, ...options], { signal });
};

const newHome = (): void => {
  ensureHome(home);
  ensureMasterKey(join(home, 'master.key'));
};

/** As the first service of docker-compose.yml leaves it. */
const newComposeHome = (url: string): void => {
  newHome();
  mkdirSync(join(home, 'secrets'));
  writeFileSync(join(home, 'secrets/database-url'), url);
};

describe.each(['up', 'down', 'restart', 'add-master-key'])('the program %s', (program) => {
  it('prints its options and does nothing else', async () => {
    const { exitCode, stdout, stderr } = await call(program, '--help');
    expect([exitCode, stderr, existsSync(home)]).toEqual([0, '', false]);
    expect(stdout).toMatch(/^npm run [a-z:]+ \[/);
    expect(stdout).toContain('--help');
  });

  it('refuses an option that it does not have, in words', async () => {
    const { exitCode, stdout, stderr } = await call(program, '--prge');
    expect([exitCode, stdout, existsSync(home)]).toEqual([1, '', false]);
    expect(stderr).toMatch(/^setup_failed: "--prge" is not known here; `npm run [a-z:]+` takes [^\n]+\n[^\n]+\n$/);
  });
});

describe('key:add', () => {
  const keys = () => parseMasterKeys(readFileSync(join(home, 'master.key'), 'utf8')).map(({ version }) => version);

  it('adds a version each time, and says what comes next', async () => {
    newHome();
    expect((await call('add-master-key')).stdout).toContain('Now: npm run restart && npx holdfast sweep:keys');
    await call('add-master-key');
    expect(keys().sort()).toEqual([1, 2, 3]);
  });

  it('says where there is no key', async () => {
    expect((await call('add-master-key')).stderr).toContain(`setup_failed: There is no ${home}/master.key`);
  });

  it('names the services where docker compose runs them', async () => {
    newComposeHome('postgres://nobody@127.0.0.1:1/none');
    expect((await call('add-master-key')).stdout).toContain('Now: docker compose restart api ');
  });
});

describe('restart', () => {
  it('does not begin an installation in the home of another one, which docker compose runs', async () => {
    newComposeHome('postgres://nobody@127.0.0.1:1/none');
    const { exitCode, stderr } = await call('restart');
    expect([exitCode, existsSync(join(home, 'postgres'))]).toEqual([1, false]);
    expect(stderr).toContain('docker compose restart api ');
  });
});

describe('down', () => {
  it.each([
    [[], ' with all data\n'],
    [['none', 'aof', 'none'], ' with all data but that of 2 memory-only databases\n'],
  ])('says how many databases are empty afterwards: %j', async (modes, said) => {
    const database = await createTestDatabase();
    try {
      await record(database.url, modes);
      newComposeHome(database.url);
      expect((await call('down')).stdout).toContain(said);
    } finally {
      await database.drop();
    }
  });

  it('says that memory-only ones are, when Postgres does not answer', async () => {
    newComposeHome('postgres://nobody@127.0.0.1:1/none');
    expect((await call('down')).stdout).toContain(' with all data but that of memory-only databases\n');
  });
});

/** Provisioned databases of these modes, without the rows that they name. */
const record = async (url: string, modes: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    for (const [index, mode] of modes.entries())
      await client.query(
        `INSERT INTO databases (id, environment_id, handle, version, image, tls_protocols, persistence, memory_mb, disk_gb, tls_only,
           maxmemory_policy, deletion_protection, status, address_index)
         VALUES ($1, $1, $2, '8.0', 'redis', '{}', $3, 64, 1, true, 'noeviction', false, 'provisioned', $4)`,
        [randomUUID(), `db-${index}`, mode, index],
      );
  } finally {
    await client.end();
  }
};
