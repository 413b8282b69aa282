import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Operation } from '#contracts/http/operations.js';
import { memoryOnlyWarning } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import { eventually } from '../support/eventually.js';
import { containerLog, crash, docker, filesIn, stateOf } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, settingsOf, whenBack } from '../support/tenant.js';
import { WriteRecorder } from '../support/write-recorder.js';

/** The settings of the three persistence modes, and what a stop, a restart and a crash leave of the data. */

const settings = ['save', 'appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy'] as const;
const referenceSave = '900 1 300 10 60 10000';
const headroom = { 'maxmemory-policy': 'noeviction' } as const;
const mebibyte = 1024 * 1024;

const expected = {
  aof: { save: referenceSave, appendonly: 'yes', appendfsync: 'everysec', ...headroom },
  rdb: { save: referenceSave, appendonly: 'no', appendfsync: 'everysec', ...headroom },
  none: { save: '', appendonly: 'no', appendfsync: 'everysec', ...headroom },
} as const;

/** Asked for in the reference's own notation. */
const cases = [
  { handle: 'aof-6', version: '6.0', mode: 'aof', asked: '6.0-aof' },
  { handle: 'aof-7', version: '7.0', mode: 'aof', asked: '7.0-aof' },
  { handle: 'rdb-7', version: '7.0', mode: 'rdb', asked: '7.0' },
  { handle: 'none-7', version: '7.0', mode: 'none', asked: '7.0-nordb' },
  { handle: 'aof-8', version: '8.0', mode: 'aof', asked: '8.0-aof' },
  { handle: 'rdb-8', version: '8.0', mode: 'rdb', asked: '8.0' },
  { handle: 'none-8', version: '8.0', mode: 'none', asked: '8.0-nordb' },
] as const;

let live: Live;
let databases: ReadonlyMap<string, LiveDatabase>;

const database = (handle: string): LiveDatabase => {
  const found = databases.get(handle);
  if (!found) throw new Error(`There is no database ${handle}`);
  return found;
};

beforeAll(async () => {
  live = await Live.start();
  const made = await Promise.all(cases.map(({ handle, asked }) => live.provision(handle, { version: asked })));
  databases = new Map(made.map((one) => [one.handle, one]));
}, 120_000);

afterAll(() => live.close(), 60_000);
jest.setTimeout(30_000);

const write = (one: LiveDatabase, key: string): Promise<unknown> => asTenant(one, (client) => client.set(key, 'kept'));
const read = (one: LiveDatabase, key: string): Promise<string | null> => whenBack(one, (client) => client.get(key));

describe.each(cases)('$asked', ({ handle, version, mode }) => {
  it('is shown as this version with this persistence', () => {
    expect(database(handle).shown).toMatchObject({ version, persistence: mode, status: 'provisioned' });
  });

  it("runs with the reference's settings, as its tenant sees them", async () => {
    const found = await asTenant(database(handle), (client) => settingsOf(client, ...settings));
    const { maxmemory, ...others } = found;
    expect(others).toEqual(expected[mode]);
    const share = Number(maxmemory) / (64 * mebibyte);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
  });
});

it('every mode still has its settings after a reload (2.9, defect 1)', async () => {
  await Promise.all([...databases.values()].map((one) => live.operate(one, 'reload')));
  for (const { handle, mode } of cases) {
    const { maxmemory: _, ...others } = await asTenant(database(handle), (client) => settingsOf(client, ...settings));
    expect({ handle, ...others }).toEqual({ handle, ...expected[mode] });
  }
});

describe('asking for a version', () => {
  it('gives append-only persistence on the default version when nothing is asked for', async () => {
    const { database: recorded, operation } = await live.requestDatabase('plain');
    expect(recorded).toMatchObject({ version: '8.0', persistence: 'aof', persistenceLabel: null, warnings: [] });
    await live.succeeded(operation.id);
    await live.operate(recorded, 'deprovision');
  });

  it('refuses a suffix and a mode that disagree', async () => {
    expect(await live.refusedDatabase('torn', { version: '8.0-nordb', persistence: 'aof' })).toMatchObject({
      status: 422,
      code: 'persistence_conflict',
    });
  });

  it('shows the labels of the reference', () => {
    expect(database('rdb-8').shown.persistenceLabel).toBe('RDB-Only Persistence');
    expect(database('none-8').shown.persistenceLabel).toBe('NO PERSISTENCE');
  });
});

/** While a sync to disk is under way, Redis holds the next writes back from the file for this long and acknowledges them all the same. */
const heldBackMs = 2_000;

/** Until everything acknowledged stands in the file, which the kernel keeps when the server is killed. */
const written = (one: LiveDatabase): Promise<void> =>
  eventually(
    async () => {
      expect(await asTenant(one, (client) => client.info('persistence'))).toContain('aof_buffer_length:0\r');
    },
    { withinMs: 10_000 },
  );

describe.each(['aof-6', 'aof-7', 'aof-8'])('%s', (handle) => {
  it('keeps every write that was acknowledged two seconds before the server was killed', async () => {
    const recorder = await WriteRecorder.start(database(handle), { clients: 8 });
    await recorder.reached(2_000, { forMs: heldBackMs + 1_000 });
    const before = await stateOf(database(handle).container);
    const killedAtMs = performance.now();
    await crash(database(handle).container);
    const acknowledged = await recorder.stop();
    const old = acknowledged.filter(({ atMs }) => atMs < killedAtMs - heldBackMs);
    expect(old.length).toBeGreaterThan(500);
    const found = await whenBack(database(handle), (client) => client.mget(...old.map(({ key }) => key)));
    expect(old.filter(({ value }, index) => found[index] !== value)).toEqual([]);
    expect((await stateOf(database(handle).container)).StartedAt).not.toBe(before.StartedAt);
  });

  it('keeps its data over a restart and a reload', async () => {
    await write(database(handle), 'restarted');
    await live.operate(database(handle), 'restart');
    expect(await read(database(handle), 'restarted')).toBe('kept');
    await live.operate(database(handle), 'reload');
    expect(await read(database(handle), 'restarted')).toBe('kept');
  });
});

/** From 6.2 on an AOF is loaded by a user, and what that one may not run in a transaction is left out (redis/redis#14541). */
it.each(['aof-6', 'aof-7', 'aof-8'])('%s keeps transactions and scripts over a crash and a restart', async (handle) => {
  await asTenant(database(handle), async (client) => {
    await client.multi().set('tx:1', 'kept').set('tx:2', 'kept').exec();
    await client.eval(
      "redis.call('set', KEYS[1], 'kept') redis.call('set', KEYS[2], 'kept')",
      2,
      'script:1',
      'script:2',
    );
  });
  const all = Array(4).fill('kept');
  const found = () => whenBack(database(handle), (client) => client.mget('tx:1', 'tx:2', 'script:1', 'script:2'));
  await written(database(handle));
  await crash(database(handle).container);
  expect(await found()).toEqual(all);
  await live.operate(database(handle), 'restart');
  expect(await found()).toEqual(all);
});

describe.each(['rdb-7', 'rdb-8'])('%s', (handle) => {
  it('keeps its data over a restart and a reload', async () => {
    await write(database(handle), 'restarted');
    await live.operate(database(handle), 'restart');
    expect(await read(database(handle), 'restarted')).toBe('kept');
    await live.operate(database(handle), 'reload');
    expect(await read(database(handle), 'restarted')).toBe('kept');
  });

  it('keeps what its last save held when the server is killed, and no more', async () => {
    await write(database(handle), 'saved');
    await asTenant(database(handle), (client) => client.save());
    await write(database(handle), 'not saved');
    await crash(database(handle).container);
    expect(await read(database(handle), 'saved')).toBe('kept');
    expect(await read(database(handle), 'not saved')).toBeNull();
  });
});

describe.each(['none-7', 'none-8'])('%s', (handle) => {
  it('says beforehand that it loses all data', () => {
    expect(database(handle).shown.warnings).toEqual([memoryOnlyWarning]);
  });

  it.each(['restart', 'reload'])('does not %s before its handle was typed', async (type) => {
    for (const confirm of [{}, { confirm: 'another' }]) {
      const problem = await live.refusedOperation(database(handle).id, { type, ...confirm });
      expect(problem).toMatchObject({ status: 422, code: 'confirmation_required' });
      expect(problem.detail).toContain(memoryOnlyWarning);
    }
  });

  it('loses all data in a restart (P2)', async () => {
    await write(database(handle), 'lost');
    await live.operate(database(handle), 'restart');
    expect(await read(database(handle), 'lost')).toBeNull();
  });

  it('loses all data when the server is killed, and comes back by itself', async () => {
    await write(database(handle), 'lost');
    await crash(database(handle).container);
    expect(await read(database(handle), 'lost')).toBeNull();
  });

  it('leaves no file of data behind', async () => {
    expect(await filesIn(database(handle).container, serverPaths.data)).toEqual([]);
  });
});

describe('the files after a clean stop (P1)', () => {
  const stopped = async (handle: string): Promise<readonly string[]> => {
    await write(database(handle), 'before the stop');
    await docker('stop', database(handle).container);
    const files = await filesIn(database(handle).container, serverPaths.data);
    await docker('start', database(handle).container);
    expect(await read(database(handle), 'before the stop')).toBe('kept');
    return files;
  };

  it('are the append-only file and the dump on 6.0', async () => {
    expect(await stopped('aof-6')).toEqual(['appendonly.aof', 'dump.rdb']);
  });

  it('are the append-only directory and the dump from 7.0 on', async () => {
    const files = await stopped('aof-8');
    expect(files).toContain('dump.rdb');
    expect(files).toContain('appendonlydir/appendonly.aof.manifest');
  });

  it('are only the dump without the append-only file', async () => {
    expect(await stopped('rdb-8')).toEqual(['dump.rdb']);
  });
});

describe("the reference's restart check", () => {
  const readyLine = /Ready to accept connections(?! tls)/g;
  const cleanStop = 'Redis is now ready to exit';
  let recorded: { database: LiveDatabase; operation: Operation };

  beforeAll(async () => {
    const { database: shown, operation } = await live.requestDatabase('restarted');
    recorded = { operation: await live.succeeded(operation.id), database: await live.reveal(shown.id) };
  }, 60_000);

  const ping = (): Promise<string> => whenBack(recorded.database, (client) => client.ping());

  it('answers PING once it is provisioned (R1)', async () => {
    expect(await ping()).toBe('PONG');
  });

  it('has not stopped before it was asked to (R2)', async () => {
    expect(await containerLog(recorded.database.container)).not.toContain(cleanStop);
  });

  it('stops cleanly within 10 s and comes back (R3)', async () => {
    await docker('restart', '--time', '10', recorded.database.container);
    expect(await ping()).toBe('PONG');
    expect(await containerLog(recorded.database.container)).toContain(cleanStop);
  });

  it('comes back after docker kill and docker start (R4)', async () => {
    await docker('kill', '--signal', 'KILL', recorded.database.container);
    await docker('start', recorded.database.container);
    expect(await ping()).toBe('PONG');
  });

  it('became ready exactly three times (R5)', async () => {
    const log = await containerLog(recorded.database.container);
    expect(log.match(readyLine)).toHaveLength(3);
    expect(log.split(cleanStop)).toHaveLength(2);
  });
});
