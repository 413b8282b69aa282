import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords } from '#operations/server/material.js';
import { fillWithEverything } from '../contract/rdb-dataset.js';
import { BackupRun } from '../support/backup-run.js';
import { openOnce } from '../support/checker/direct-link.js';
import { everyKey, keyDifferences, type FoundKey } from '../support/every-key.js';
import { memberOf } from '../support/replication-tree.js';
import { backup, onBackup } from '../support/requests.js';

jest.setTimeout(600_000);

const all = process.env['HOLDFAST_TEST_FAULTS'] === 'all';
const smallKeys = all ? 1_000_000 : 20_000;

type Version = '6.0' | '7.0' | '8.0';
type Mode = 'aof' | 'rdb' | 'none';
interface Way {
  readonly version: Version;
  readonly mode: Mode;
  readonly to?: { readonly version?: Version; readonly persistence?: Mode };
}
const ways: readonly Way[] = [
  { version: '6.0', mode: 'rdb', to: { version: '7.0', persistence: 'aof' } },
  { version: '7.0', mode: 'aof', to: { version: '8.0' } },
  { version: '8.0', mode: 'none', to: { persistence: 'aof' } },
];
const versions: readonly Version[] = ['6.0', '7.0', '8.0'];
const modes: readonly Mode[] = ['aof', 'rdb', 'none'];
const everyWay = [...ways, ...versions.flatMap((version) => modes.map((mode): Way => ({ version, mode })))];

let run: BackupRun;
const open: Redis[] = [];

beforeAll(async () => {
  run = await BackupRun.open();
  await run.faults.worker('backup-worker');
});
afterAll(async () => {
  for (const redis of open) redis.disconnect();
  await run?.close();
});

/** As Holdfast's own user, because a tenant may not change settings. */
const connected = async (databaseId: string): Promise<Redis> => {
  const { address } = await memberOf(run.faults, databaseId);
  const { manager } = await openPasswords(run.installation.control, databaseId);
  const redis = await openOnce(address, { username: serverUsers.manager, password: manager });
  open.push(redis);
  return redis;
};

/** With their code; a server tells them in any order. */
const functionsOf = async (redis: Redis): Promise<string[]> =>
  ((await redis.call('FUNCTION', 'LIST', 'WITHCODE')) as unknown[]).map((library) => JSON.stringify(library)).sort();

const fillMany = async (redis: Redis): Promise<void> => {
  const script = "for i = ARGV[1], ARGV[2] do redis.call('SET', 'small:' .. i, i) end";
  await redis.select(1);
  for (let from = 1; from <= smallKeys; from += 10_000) await redis.eval(script, 0, String(from), String(from + 9_999));
  await redis.select(0);
};

/** Writes to keys of its own, which no comparison looks at, until it is stopped. */
const load = async (redis: Redis, until: AbortSignal): Promise<void> => {
  await redis.select(9);
  for (let index = 0; !until.aborted; index++) await redis.set(`load:${index % 5000}`, 'x'.repeat(index % 700));
};

const withoutLoad = (keys: ReadonlyMap<string, FoundKey>): Map<string, FoundKey> =>
  new Map([...keys].filter(([key]) => !key.startsWith('9 ')));

describe('a data set of every type comes back key by key', () => {
  it.each(all ? everyWay : ways)('from $version $mode to $to', async ({ version, mode, to }) => {
    const name = `${version}-${mode}-${JSON.stringify(to ?? {}).replace(/[^a-z0-9]+/g, '')}`.replaceAll('.', '');
    const source = await run.provision(`every-${name}`, { version, persistence: mode, memoryMb: 1024 });
    const redis = await connected(source);
    await fillWithEverything(redis, version);
    await fillMany(redis);
    const over = new AbortController();
    const loaded = load(await connected(source), over.signal);
    const { backupId, operationId } = await backup(run.installation, source);
    await run.succeeded(operationId);
    over.abort();
    await loaded;
    await run.expectVerified(backupId);
    const body = { type: 'restore', keepCredentials: false, ...to } as const;
    const restored = await run.succeeded(await onBackup(run.installation, backupId, body));
    const target = String(restored.receipt?.['databaseId']);
    const other = await connected(target);
    const wanted = withoutLoad(await everyKey(redis, version));
    const newest = to?.version ?? version;
    const found = withoutLoad(await everyKey(other, newest, version));
    expect(wanted.size).toBeGreaterThan(smallKeys);
    expect(keyDifferences(wanted, found, version === '6.0' ? 3000 : 0)).toEqual([]);
    if (version !== '6.0') expect(await functionsOf(other)).toEqual(await functionsOf(redis));
    await run.expectSound();
    for (const id of [source, target]) await run.deprovision(id);
  });
});
