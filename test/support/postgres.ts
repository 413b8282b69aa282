import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { connect } from '#persistence/connection.js';
import { migrate } from '#persistence/migrate.js';

const migrations = new URL('../../libs/persistence/migrations/', import.meta.url);

export interface TestDatabase {
  readonly url: string;
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of its own for a test file, cloned from a migrated template: about 50 ms. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdministrator(async (client) => {
    const template = await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    url: urlOf(name),
    drop: () =>
      asAdministrator((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)).then(() => undefined),
  };
};

/** The server that `npm test` started. */
const serverUrl = (): string => {
  const url = process.env['HOLDFAST_TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('HOLDFAST_TEST_DATABASE_URL is not set; run the tests with `npm test`');
  return url;
};

const urlOf = (name: string): string => {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
};

const asAdministrator = async <Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Named after the migrations, so that a change of them makes a new one. Test files that start together wait for each other. */
const ensureTemplate = async (client: pg.Client): Promise<string> => {
  const name = `template_${migrationsHash()}`;
  // Cloning a template fails while somebody is connected to it, so the lock is held until the migration has closed its connections.
  await client.query(`SELECT pg_advisory_lock(hashtext('holdfast.test-template'))`);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) await makeTemplate(client, name);
  return name;
};

const makeTemplate = async (client: pg.Client, name: string): Promise<void> => {
  const draft = `${name}_draft`;
  await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${draft}`);
  const db = connect({ url: urlOf(draft), max: 1, role: 'owner', onIdleError: () => undefined });
  await migrate(db).finally(() => db.destroy());
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
};

const migrationsHash = (): string => {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrations).sort()) hash.update(readFileSync(new URL(file, migrations)));
  return hash.digest('hex').slice(0, 16);
};
