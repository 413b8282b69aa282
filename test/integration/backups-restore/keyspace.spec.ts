import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { compareKeyspace, type Keyspace } from '#domain/backup/compare-keyspace.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { readKeyspace } from '#operations/backup/keyspace.js';
import { ThrowAwayServers, versions, type Version } from './throw-away.js';

jest.setTimeout(180_000);

const manyKeys = 200_000;
/** In the far future, so that it never matters when the test runs. */
const horizon = new Date('2100-01-01T00:00:00Z');

type Commands = readonly (readonly string[])[];

const binary = `redis.call('SET', 'a\\0b\\255\\254 \\n', 'v\\0\\255')`;

const data: Commands = [
  ['SELECT', '0'],
  ['SET', 'text', 'value'],
  ['SET', 'número', 'ä'],
  ['SET', '', 'of the empty key'],
  ['EVAL', binary, '0'],
  ['RPUSH', 'list', 'a', 'b', 'c'],
  ['SADD', 'numbers', '1', '2', '3'],
  ['ZADD', 'scores', '1', 'one', '2.5', 'two'],
  ['HSET', 'hash', 'f', 'v', 'g', 'w'],
  ['XADD', 'stream', '1-1', 'field', 'value'],
  ['PFADD', 'log', 'a', 'b'],
  ['SELECT', '3'],
  ['SET', 'text', 'value'],
  ['SELECT', '15'],
  ['SET', 'before', 'x', 'PX', '86400000'],
  ['SET', 'after', 'x'],
  ['PEXPIREAT', 'after', String(horizon.getTime() + 1)],
  ['SET', 'at', 'x'],
  ['PEXPIREAT', 'at', String(horizon.getTime())],
];

const many = (order: 'up' | 'down'): readonly string[] => [
  'EVAL',
  `redis.call('SELECT', 7)
   for at = 1, ${String(manyKeys)} do
     local number = ${order === 'up' ? 'at' : `${String(manyKeys)} + 1 - at`}
     redis.call('SET', 'many:' .. number, number)
   end`,
  '0',
];

describe.each(versions)('the key space of Redis %s', (version: Version) => {
  const servers = new ThrowAwayServers();
  const { signal } = servers;
  let node: RedisNode;
  let found: Keyspace;

  const put = async (on: RedisNode, commands: Commands) => {
    for (const command of commands) await on.command(command, signal);
  };
  const read = (on: RedisNode, hasExpiringFields = false) =>
    readKeyspace(on, { version, horizon, hasExpiringFields }, signal);
  const filled = async (more: string, ...commands: Commands) => {
    const other = await servers.started({ version, persistence: 'rdb', more });
    await put(other, commands);
    return other;
  };

  beforeAll(async () => {
    node = await filled('', ...data, many('up'));
    found = await read(node);
  }, 120_000);
  afterAll(() => servers.removeAll(), 60_000);

  it('is counted by database, with what expires and what lasts', () => {
    expect(found.databases).toEqual([
      { index: 0, keys: 10, expiring: 0, lasting: 0 },
      { index: 3, keys: 1, expiring: 0, lasting: 0 },
      { index: 7, keys: manyKeys, expiring: 0, lasting: 0 },
      { index: 15, keys: 3, expiring: 3, lasting: 1 },
    ]);
    expect(found.functions).toBe(0);
    expect(found.valueDigest).toMatch(/^[0-9a-f]{40}$/);
  });

  it('is the same for the same data in another order and with other encodings', async () => {
    const names = [
      'list-max-ziplist-size 1',
      'set-max-intset-entries 0',
      'zset-max-ziplist-entries 0',
      'hash-max-ziplist-entries 0',
    ];
    const [first, ...rest] = data;
    const other = await filled(`${names.join('\n')}\n`, many('down'), first ?? [], ...rest);
    await other.command(['SELECT', '0'], signal);
    expect(await other.command(['OBJECT', 'ENCODING', 'hash'], signal)).toBe('hashtable');
    expect(await read(other)).toEqual(found);
    expect(compareKeyspace(summary(found), await read(other))).toEqual([
      'Database 15 has 0 keys that expire later; the backup has 1.',
      expect.stringContaining('The keys that expire later are not those of the backup'),
    ]);
  });

  describe('shows any change:', () => {
    const small: Commands = data;
    let before: Keyspace;
    beforeAll(async () => {
      before = await read(await filled('', ...small));
    });
    const changes: readonly (readonly [what: string, commands: Commands, values?: boolean])[] = [
      [
        'a key more',
        [
          ['SELECT', '0'],
          ['SET', 'more', '1'],
        ],
      ],
      [
        'a key less',
        [
          ['SELECT', '0'],
          ['DEL', 'text'],
        ],
      ],
      [
        'another name',
        [
          ['SELECT', '0'],
          ['RENAME', 'text', 'texu'],
        ],
      ],
      [
        'another type',
        [
          ['SELECT', '0'],
          ['DEL', 'list'],
          ['SADD', 'list', 'a', 'b', 'c'],
        ],
      ],
      [
        'another database',
        [
          ['SELECT', '3'],
          ['MOVE', 'text', '4'],
        ],
      ],
      [
        'an expiry',
        [
          ['SELECT', '0'],
          ['PEXPIREAT', 'text', String(horizon.getTime() + 5)],
        ],
      ],
      [
        'no expiry',
        [
          ['SELECT', '15'],
          ['PERSIST', 'after'],
        ],
      ],
      [
        'another key that lasts',
        [
          ['SELECT', '15'],
          ['RENAME', 'after', 'afterwards'],
        ],
      ],
      [
        'another value',
        [
          ['SELECT', '0'],
          ['SET', 'text', 'valuf'],
        ],
        true,
      ],
      [
        'another order',
        [
          ['SELECT', '0'],
          ['LSET', 'list', '0', 'b'],
          ['LSET', 'list', '1', 'a'],
        ],
        true,
      ],
      [
        'another score',
        [
          ['SELECT', '0'],
          ['ZADD', 'scores', '2.25', 'two'],
        ],
        true,
      ],
    ];

    it.each(changes)('%s', async (_what, commands, onlyValues = false) => {
      const after = await read(await filled('', ...small, ...commands));
      const differences = compareKeyspace(summary(before), after);
      if (onlyValues) expect(differences).toEqual([]);
      else expect(differences).not.toEqual([]);
      if (onlyValues) expect(after.valueDigest).not.toBe(before.valueDigest);
    });
  });

  it('has no digest of values where fields expire', async () => {
    expect((await read(await filled('', ...data), true)).valueDigest).toBeNull();
  });
});

const summary = (keyspace: Keyspace) => ({
  ...keyspace,
  rdbVersion: 12,
  redisVersion: null,
  hasExpiringFields: false,
});
