import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from './configuration-error.js';
import { loadConfiguration } from './configuration.js';
import { configurationTable } from './configuration-table.js';
import { variables } from './variables.js';

const root = { isRoot: true, homeDirectory: '/root' };
const person = { isRoot: false, homeDirectory: '/home/ada' };

const problemsOf = (environment: Record<string, string>) => {
  try {
    loadConfiguration(environment, root);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
};

describe('loadConfiguration', () => {
  it('needs nothing: every variable has a default or may be absent', () => {
    expect(loadConfiguration({}, root)).toMatchObject({
      home: '/var/lib/holdfast',
      installation: 'holdfast',
      port: 7600,
      listenAddress: '127.0.0.1',
      databaseUrl: null,
      masterKeyFile: '/var/lib/holdfast/master.key',
      checkpointFile: '/var/lib/holdfast/audit-checkpoints.jsonl',
      backupStoresFile: null,
      advertisedHost: '127.0.0.1',
      edgePorts: { first: 20_000, last: 23_999 },
      networkPool: '10.224.0.0/12',
      leaseSeconds: 30,
      memoryOvercommit: 4,
    });
  });

  it('keeps the state of a person in their home directory', () => {
    expect(loadConfiguration({}, person).home).toBe('/home/ada/.local/share/holdfast');
  });

  it('advertises the edge address unless told otherwise', () => {
    expect(loadConfiguration({ HOLDFAST_EDGE_ADDRESS: '10.0.0.5' }, root).advertisedHost).toBe('10.0.0.5');
    expect(loadConfiguration({ HOLDFAST_ADVERTISED_HOST: 'redis.example.org' }, root).advertisedHost).toBe(
      'redis.example.org',
    );
  });

  it('is frozen', () => {
    const configuration = loadConfiguration({}, root);
    expect(Object.isFrozen(configuration) && Object.isFrozen(configuration.edgePorts)).toBe(true);
  });

  it('counts an empty variable as absent, and leaves those of the test runner and of others alone', () => {
    expect(problemsOf({ HOLDFAST_PORT: '', HOLDFAST_TEST_DATABASE_URL: 'x', PATH: '/bin' })).toEqual([]);
  });

  it('reports all problems together, unknown names among them', () => {
    const wrong = {
      HOLDFAST_PORT: '0',
      HOLDFAST_LISTEN_ADDRESS: 'localhost',
      HOLDFAST_INSTALLATION: 'Not Good',
      HOLDFAST_EDGE_PORTS: '23999-20000',
      HOLDFAST_NETWORK_POOL: '10.224.0.1/12',
      HOLDFAST_LOG_LEVEL: 'loud',
      HOLDFAST_HOME: 'here',
      HOLDFAST_PROT: '7600',
    };
    expect(problemsOf(wrong).sort()).toEqual(Object.keys(wrong).sort());
  });

  it('never repeats a value that may hold a password', () => {
    expect(() => loadConfiguration({ HOLDFAST_DATABASE_URL: 'mysql://me:canary@host' }, root)).toThrow(
      /^(?!.*canary)/s,
    );
  });

  it.each([
    ['HOLDFAST_NETWORK_POOL', ['10.0.0.0/7', '10.0.0.0/23', '10.0.0.0', '300.0.0.0/8', '::/16']],
    ['HOLDFAST_EDGE_PORTS', ['1000-2000', '20000', '20000-70000', 'a-b']],
    ['HOLDFAST_MEMORY_OVERCOMMIT', ['0', '-1', '1e3', '1001']],
    ['HOLDFAST_DATABASE_URL', ['host', 'redis://host']],
  ])('refuses %s as %j', (name, values) => {
    for (const value of values) expect(problemsOf({ [name]: value })).toEqual([name]);
  });

  describe('with URLs in files', () => {
    it('reads them, and names a file that cannot be read', () => {
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-configuration-'));
      try {
        const file = join(directory, 'database-url');
        writeFileSync(file, 'postgres://me:secret@db/holdfast\n');
        const configuration = loadConfiguration({ HOLDFAST_DATABASE_URL_FILE: file }, root);
        expect(configuration.databaseUrl).toBe('postgres://me:secret@db/holdfast');
        expect(problemsOf({ HOLDFAST_QUEUE_URL_FILE: join(directory, 'none') })).toEqual(['HOLDFAST_QUEUE_URL_FILE']);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });
});

describe('configurationTable', () => {
  it('has one row for each variable', () => {
    const rows = configurationTable().trim().split('\n').slice(2);
    expect(rows.map((row) => row.split('`')[1])).toEqual(Object.keys(variables));
  });
});
