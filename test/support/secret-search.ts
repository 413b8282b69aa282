import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { inspect, containerLog, docker, filesIn } from './host.js';
import type { Live } from './live.js';
import { queueUrl } from './queue.js';

/** Everything that is written down somewhere, by the name of the place. */
export type Places = ReadonlyMap<string, string>;

/** Collects whatever can be read of an installation without its master key. Slow and complete on purpose. */
export const collectPlaces = async (live: Live): Promise<Places> => {
  const parts = await Promise.all([
    dockerDocuments(live),
    processes(),
    queueContents(),
    storeContents(live),
    homeFiles(live),
    history(live),
  ]);
  return new Map<string, string>([
    ...parts.flat(),
    ['output of the process', live.processes.map(({ output }) => output).join('\n')],
  ]);
};

type Place = readonly [name: string, content: string];

const ownContainers = async (live: Live): Promise<readonly string[]> =>
  lines(await docker('ps', '--all', '--format', '{{.Names}}', '--filter', `name=${live.installation.name}`));

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const dockerDocuments = async (live: Live): Promise<Place[]> => {
  const containers = await ownContainers(live);
  const [volumes, networks] = await Promise.all(
    ['volume', 'network'].map(async (kind) =>
      lines(await docker(kind, 'ls', '--format', '{{.Name}}', '--filter', `name=${live.installation.name}`)),
    ),
  );
  const things = [...containers, ...(volumes ?? []), ...(networks ?? [])];
  const inspected = things.map(async (name): Promise<Place> => [
    `docker inspect ${name}`,
    JSON.stringify(await inspect(name)),
  ]);
  const logs = containers.map(async (name): Promise<Place> => [`docker logs ${name}`, await containerLog(name)]);
  const volumeFiles = containers
    .filter((name) => name.includes('-db-'))
    .map(async (name): Promise<Place> => [`files of ${name}`, await contentOf(name, '/holdfast')]);
  return Promise.all([...inspected, ...logs, ...volumeFiles]);
};

const contentOf = (container: string, directory: string): Promise<string> =>
  filesIn(container, directory, async (root, paths) => {
    const contents = await Promise.all(paths.map((path) => readFile(join(root, path), 'latin1')));
    return contents.join('\n');
  });

/** Command lines and environments of all processes of the host, those in containers included. */
const processes = async (): Promise<Place[]> => {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.flatMap((id) =>
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${id}/${file}`, 'latin1').catch(() => '')),
    ),
  );
  return [['processes of the host', found.join('\n')]];
};

/** All keys of all prefixes, whatever their type. */
const queueContents = async (): Promise<Place[]> => {
  const redis = new Redis(queueUrl(), { protocol: 2, replyMapping: 'legacy' } as never);
  try {
    const keys = await redis.keys('*');
    const values = await Promise.all(keys.map(async (key) => [key, await valueOf(redis, key)]));
    return [["keys of the queue's Redis", JSON.stringify(values)]];
  } finally {
    redis.disconnect();
  }
};

const valueOf = async (redis: Redis, key: string): Promise<unknown> => {
  switch (await redis.type(key)) {
    case 'string':
      return redis.get(key);
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    case 'none':
      return null;
    default:
      throw new Error(`The queue has a key of another type: ${key}`);
  }
};

/** Every row of every table, as text; binary columns appear in hexadecimal. As the owner, who may read all of them. */
const storeContents = async ({ installation }: Live): Promise<Place[]> => {
  const client = new pg.Client({ connectionString: installation.environment['HOLDFAST_DATABASE_URL'] });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(`
      SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`);
    const places: Place[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} AS t`);
      places.push([`table ${name}`, rows.map(({ row }) => row).join('\n')]);
    }
    return places;
  } finally {
    await client.end();
  }
};

/** The state directory but for the master key, which is a secret by trade. */
const homeFiles = async ({ installation }: Live): Promise<Place[]> => {
  const entries = await readdir(installation.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'master.key');
  return Promise.all(
    files.map(async (file): Promise<Place> => {
      const path = join(file.parentPath, file.name);
      return [`file ${path}`, await readFile(path, 'latin1')];
    }),
  );
};

const history = async (live: Live): Promise<Place[]> => {
  const { items } = await live.ask<{ items: { id: string }[] }>('GET', '/v1/operations?limit=200');
  const logs = items.map(async ({ id }): Promise<Place> => [
    `log of operation ${id}`,
    (await live.send('GET', `/v1/operations/${id}/log?limit=200`)).text,
  ]);
  const paths = ['/v1/operations?limit=200', '/v1/audit/export', '/v1/databases?limit=200', '/v1/tokens', '/metrics'];
  const answers = paths.map(async (path): Promise<Place> => [`GET ${path}`, (await live.send('GET', path)).text]);
  return Promise.all([...logs, ...answers]);
};

/** Names of the places that hold the secret: as it is, in hexadecimal, in URLs, or in base64 at any offset. */
export const placesWith = (places: Places, secret: string): readonly string[] => {
  const shapes = shapesOf(secret);
  return [...places]
    .filter(([, content]) => shapes.some((shape) => content.includes(shape)))
    .map(([name]) => name)
    .sort();
};

const shapesOf = (secret: string): string[] => {
  const hex = Buffer.from(secret).toString('hex');
  return [
    secret,
    encodeURIComponent(secret),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((before) => base64(secret, before)),
  ];
};

/** The characters that depend on the secret alone, when so many bytes stand before it. */
const base64 = (secret: string, before: number): string[] => {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 3));
  return (['base64', 'base64url'] as const).map((encoding) => whole.toString(encoding).slice(before === 0 ? 0 : 4));
};
