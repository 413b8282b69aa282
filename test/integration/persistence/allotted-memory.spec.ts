import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { allottedMemoryMb } from '#persistence/databases.js';
import { openTestControl, type TestControl } from '../../support/control.js';
import { eventually } from '../../support/eventually.js';

let installation: TestControl;

beforeAll(async () => {
  installation = await openTestControl();
});
afterAll(() => installation.close());

/** Both sums wait for this table until the work has ended. */
const whileLocked = async (work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const client = () => new pg.Client({ connectionString: installation.databaseUrl });
  const [locker, looker] = [client(), client()];
  try {
    await Promise.all([locker.connect(), looker.connect()]);
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE databases IN ACCESS EXCLUSIVE MODE');
    await work(looker);
  } finally {
    await Promise.all([locker.end(), looker.end()]);
  }
};

const waiting = `SELECT pid, query LIKE '%incarnations%' AS twice FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

describe('the memory that is allotted', () => {
  it.each([
    ['of the servers that databases have twice', true],
    ['of all others', false],
  ])('fails as soon as the sum %s does, so that nobody is left who waits for none', async (_, twice) => {
    await whileLocked(async (client) => {
      let outcome = 'pending';
      const asked = allottedMemoryMb(installation.control.db, null).then(
        () => (outcome = 'summed'),
        () => (outcome = 'failed'),
      );
      const pid = await eventually(
        async () => {
          const { rows } = await client.query<{ pid: number; twice: boolean }>(waiting);
          expect(rows).toHaveLength(2);
          return rows.find((row) => row.twice === twice)?.pid;
        },
        { withinMs: 10_000 },
      );
      await client.query('SELECT pg_terminate_backend($1)', [pid]);
      // The other one waits for its table still.
      await eventually(() => expect(outcome).toBe('failed'), { withinMs: 5_000 });
      await asked;
    });
  });

  it('is summed over both', async () => {
    expect(await allottedMemoryMb(installation.control.db, null)).toBe(0);
  });
});
