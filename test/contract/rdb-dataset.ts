import type { Redis } from 'ioredis';
import type { RdbServerVersion } from './rdb-server.js';

export const dayMs = 86_400_000;

const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
const words = (count: number): string[] => numbers(count).map((number) => `a somewhat longer word, number ${number}`);
const pairs = (count: number): string[] => words(count).flatMap((word, index) => [word, String(index)]);
const scored = (count: number): string[] => words(count).flatMap((word, index) => [String(index * 1.5), word]);

/** Every type in every form that a server saves, in several logical databases. */
export const fillWithEverything = async (redis: Redis, version: RdbServerVersion): Promise<void> => {
  await fillStrings(redis);
  await fillCollections(redis);
  await fillStreams(redis);
  await redis.select(3);
  await fillCollections(redis);
  await fillExpiring(redis);
  await redis.select(15);
  await redis.set('only:one', 'here');
  await redis.select(0);
  if (version !== '6.0') await fillFunctions(redis);
  if (version === '8.0') await fillExpiringFields(redis);
};

const fillStrings = async (redis: Redis): Promise<void> => {
  for (const value of ['', '1', '-128', '300', '-70000', '2147483647', '9999999999', 'text', 'a'.repeat(10_000)])
    await redis.set(`string:${value.slice(0, 20)}`, value);
  // Keys that the file holds as integers or compressed, and keys that are no text.
  for (const key of [
    '',
    '7',
    '-7',
    '1000',
    '-1000',
    '100000',
    '-2147483648',
    '007',
    'k'.repeat(500),
    'kl'.repeat(5000),
  ])
    await redis.set(key, 'value');
  await redis.set(Buffer.from(numbers(256).map(Number)), Buffer.from([0, 255, 10, 13]));
  await redis.setrange('big', 100 * 1024 ** 2 - 1, 'x');
  await redis.setbit('bitmap', 100_000, 1);
  await redis.pfadd('hll:sparse', 'one', 'two');
  await redis.pfadd('hll:dense', ...words(5000));
};

const fillCollections = async (redis: Redis): Promise<void> => {
  await redis.config('SET', 'list-compress-depth', '1');
  await redis.rpush('list:small', ...numbers(5));
  await redis.rpush('list:large', ...words(3000), 'x'.repeat(20_000));
  await redis.sadd('set:integers', ...numbers(100));
  await redis.sadd('set:small', 'a', 'b');
  await redis.sadd('set:large', ...words(1000));
  await redis.zadd('zset:small', 1, 'a', '-inf', 'b', '+inf', 'c');
  await redis.zadd('zset:large', ...scored(1000), '-inf', 'b', '+inf', 'c');
  await redis.geoadd('geo', 13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania');
  await redis.hset('hash:small', 'field', 'value', 'number', '12');
  await redis.hset('hash:large', ...pairs(1000), 'long', 'y'.repeat(5000));
};

const fillStreams = async (redis: Redis): Promise<void> => {
  for (const number of numbers(500)) await redis.xadd('stream', `${String(Number(number) + 1)}-1`, 'field', number);
  await redis.xdel('stream', '5-1', '6-1');
  await redis.xgroup('CREATE', 'stream', 'workers', '0');
  await redis.xgroup('CREATE', 'stream', 'idle', '$');
  await redis.xreadgroup('GROUP', 'workers', 'first', 'COUNT', 40, 'STREAMS', 'stream', '>');
  await redis.xreadgroup('GROUP', 'workers', 'second', 'COUNT', 40, 'STREAMS', 'stream', '>');
  await redis.xack('stream', 'workers', '1-1', '2-1');
  await redis.xgroup('CREATE', 'stream:empty', 'workers', '$', 'MKSTREAM');
};

const fillExpiring = async (redis: Redis): Promise<void> => {
  for (const number of numbers(20)) await redis.set(`soon:${number}`, 'x', 'PX', 3_600_000);
  for (const number of numbers(30)) await redis.set(`late:${number}`, 'x', 'PX', 10 * dayMs);
  await redis.expire('hash:large', 864_000);
  await redis.expire('zset:small', 3600);
};

const fillFunctions = async (redis: Redis): Promise<void> => {
  for (const name of ['one', 'two'])
    await redis.call(
      'FUNCTION',
      'LOAD',
      `#!lua name=${name}\nredis.register_function('f${name}', function() return 1 end)`,
    );
};

const fillExpiringFields = async (redis: Redis): Promise<void> => {
  for (const name of ['hash:small', 'hash:large']) {
    const key = `${name}:expiring`;
    await redis.call('COPY', name, key);
    await redis.call('HPEXPIRE', key, '3600000', 'FIELDS', '1', name === 'hash:small' ? 'field' : 'long');
  }
};
