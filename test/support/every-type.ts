import type { Redis } from 'ioredis';

/** Keys of every type, in both of the encodings that small and large values have. */
export const everyType = async (client: Redis): Promise<void> => {
  const many = Array.from({ length: 1_000 }, (_, index) => `member-${String(index)}`);
  await client.set('string', Buffer.from([0, 1, 2, 255]));
  await client.set('empty', '');
  await client.set('number', '123456');
  await client.set('compressible', 'x'.repeat(10_000));
  await client.rpush('list', 'a', 'b', '');
  await client.rpush('long-list', ...many);
  await client.sadd('numbers', 1, 2, 70_000);
  await client.sadd('set', ...many);
  await client.zadd('sorted', 1.5, 'a', -Infinity, 'b');
  await client.zadd('long-sorted', ...many.flatMap((member, score) => [score, member]));
  await client.hset('hash', { field: 'value', '': '' });
  await client.hset('long-hash', Object.fromEntries(many.map((member) => [member, member])));
  await client.pfadd('hyperloglog', ...many);
  await client.setbit('bitmap', 100_000, 1);
  await client.geoadd('geo', 13.361389, 38.115556, 'Palermo');
  for (let index = 0; index < 300; index += 1) await client.xadd('stream', '*', 'field', String(index));
  await client.xgroup('CREATE', 'stream', 'group', '0');
  await client.xreadgroup('GROUP', 'group', 'consumer', 'COUNT', 10, 'STREAMS', 'stream', '>');
  await client.set('expiring', 'yes', 'PX', 3_600_000);
  await client.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 'called' end)");
};

/** All keys with their values, as an independent client sees them; not when they expire. */
export const contentsOf = async (client: Redis): Promise<Record<string, unknown>> => {
  const keys = (await client.keys('*')).sort();
  const values = await Promise.all(keys.map(async (key) => [key, await valueOf(client, key)] as const));
  return { ...Object.fromEntries(values), 'function f': await client.call('FCALL', 'f', '0') };
};

const valueOf = async (client: Redis, key: string): Promise<unknown> => {
  switch (await client.type(key)) {
    case 'string':
      return (await client.getBuffer(key))?.toString('hex');
    case 'list':
      return client.lrange(key, 0, -1);
    case 'set':
      return (await client.smembers(key)).sort();
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'hash':
      return client.hgetall(key);
    default:
      return [await client.xrange(key, '-', '+'), await client.call('XPENDING', key, 'group')];
  }
};
