import { aclCommands } from './acl-commands.js';
import { clientCommands } from './client-commands.js';
import type { FakeConnection } from './connections.js';
import { infoText } from './info.js';
import { FakeReplyError } from './reply-error.js';
import type { Served } from './served.js';

type Args = readonly string[];

export interface FakeCommand {
  /** Refused by replicas and shut gates, held by pauses, and sent to followers. */
  readonly writes?: true;
  readonly categories: readonly string[];
  readonly keys?: (args: Args) => Args;
  readonly run: (server: Served, args: Args, connection: FakeConnection) => unknown;
}

const write = (name: string, keys: (args: Args) => Args): FakeCommand => ({
  writes: true,
  categories: ['write'],
  keys,
  run: (server, args) => {
    const reply = server.dataset.apply([name, ...args]);
    server.replication.wrote([name, ...args]);
    return reply;
  },
});

const first = (args: Args): Args => args.slice(0, 1);
const all = (args: Args): Args => args;
const admin = ['admin', 'dangerous'];

export const commands: Readonly<Record<string, FakeCommand>> = {
  ping: { categories: ['connection'], run: () => 'PONG' },
  info: { categories: ['dangerous'], run: (server, [section = 'default']) => infoText(server, section.toLowerCase()) },
  dbsize: { categories: ['read'], run: ({ dataset }) => dataset.size },
  get: { categories: ['read'], keys: first, run: ({ dataset }, [key = '']) => dataset.get(key) },
  exists: {
    categories: ['read'],
    keys: all,
    run: ({ dataset }, args) => args.filter((key) => dataset.get(key) !== null).length,
  },
  keys: { categories: ['read', 'dangerous'], run: ({ dataset }) => dataset.keys() },
  set: write('SET', first),
  del: write('DEL', all),
  incr: write('INCR', first),
  flushall: write('FLUSHALL', () => []),
  // Not of Redis: how FakeBackupStreams gets at the data.
  'fake-save': { categories: admin, run: ({ dataset }) => dataset.dump().toString('base64') },
  save: { categories: admin, run: (server) => (server.saveData(), 'OK') },
  bgrewriteaof: {
    categories: admin,
    run: (server) => (server.saveData(), 'Background append only file rewriting started'),
  },
  bgsave: { categories: admin, run: (server) => (server.saveData(), 'Background saving started') },
  memory: { categories: ['read'], run: () => 'OK' },
  config: { categories: admin, run: (server, args) => config(server, args) },
  replicaof: { categories: admin, run: (server, args) => replicaOf(server, args) },
  role: { categories: ['read', ...admin], run: (server) => role(server) },
  acl: { categories: admin, run: aclCommands },
  client: { categories: ['admin', 'connection'], run: clientCommands },
  // A replica's own commands: a client that sends them is not one.
  psync: { categories: admin, run: () => notAReplica() },
  replconf: { categories: admin, run: () => notAReplica() },
};

const config = ({ settings, tls, version }: Served, [subcommand = '', ...words]: Args): unknown => {
  switch (subcommand.toUpperCase()) {
    case 'GET':
      return settings.read(words);
    case 'SET':
      settings.write(words);
      if (words.includes('tls-cert-file')) tls.reload(version);
      return 'OK';
    default:
      throw new FakeReplyError(`ERR unknown subcommand '${subcommand}'. Try CONFIG HELP.`);
  }
};

const replicaOf = (server: Served, [host = '', port = '']: Args): string => {
  if (`${host} ${port}`.toUpperCase() === 'NO ONE') {
    server.follow(null);
    return 'OK';
  }
  if (!/^\d+$/.test(port) || Number(port) > 65_535) throw new FakeReplyError('ERR Invalid master port');
  const { source } = server.replication;
  if (source?.host === host && source.port === Number(port)) return 'OK Already connected to specified master';
  server.follow({ host, port: Number(port) });
  return 'OK';
};

const role = ({ replication }: Served): unknown => {
  const { source, history, linkUp } = replication;
  if (source !== null) return ['slave', source.host, source.port, linkUp ? 'connected' : 'connect', history.offset];
  const followers = replication.followers.filter(({ linkState }) => linkState === 'online');
  return [
    'master',
    history.offset,
    followers.map(({ host, history: their }) => [host.address, '', String(their.offset)]),
  ];
};

const notAReplica = (): never => {
  throw new FakeReplyError('ERR the fake has no replication stream for clients');
};
