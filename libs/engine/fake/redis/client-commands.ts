import { compareVersions } from '#domain/catalogue/version.js';
import type { FakeConnection } from './connections.js';
import type { FakeReplication } from './replication.js';
import { FakeReplyError } from './reply-error.js';
import type { Served } from './served.js';

type Args = readonly string[];

/** `CLIENT …`. A pause of writes alone, and the end of a pause, came with 6.2. */
export const clientCommands = (
  server: Served,
  [subcommand = '', ...args]: Args,
  connection: FakeConnection,
): unknown => {
  const pauses = compareVersions(server.version, '6.2') >= 0;
  switch (subcommand.toUpperCase()) {
    case 'ID':
      return connection.id;
    case 'LIST':
      return list(server);
    case 'KILL':
      return kill(server, args, connection);
    case 'PAUSE':
      return pause(server, args, pauses);
    case 'UNPAUSE':
      if (!pauses) break;
      server.connections.release();
      return 'OK';
    default:
  }
  throw unknown(subcommand);
};

const unknown = (subcommand: string): FakeReplyError =>
  new FakeReplyError(`ERR Unknown subcommand or wrong number of arguments for '${subcommand}'. Try CLIENT HELP`);

const pause = ({ connections }: Served, args: Args, knowsModes: boolean): string => {
  const [milliseconds = '', mode = 'ALL'] = args;
  if (args.length > (knowsModes ? 2 : 1)) throw unknown('pause');
  if (!/^\d+$/.test(milliseconds)) throw new FakeReplyError('ERR timeout is not an integer or out of range');
  connections.hold(Number(milliseconds), mode.toUpperCase() !== 'WRITE');
  return 'OK';
};

const list = ({ connections, replication }: Served): string =>
  [
    ...replication.followers.map((follower) => `id=0 name= flags=S cmd=replconf user=${userOf(follower)}\n`),
    ...connections.list().map(({ id, username }) => `id=${id} name= flags=N cmd=client|list user=${username}\n`),
  ].join('');

const kill = (server: Served, args: Args, connection: FakeConnection): number => {
  const filters = new Map(
    args.flatMap((word, index) => (index % 2 === 0 ? [[word.toUpperCase(), args[index + 1] ?? '']] : [])),
  );
  if (args.length === 0 || args.length % 2 === 1) throw new FakeReplyError('ERR syntax error');
  // Nobody here stays connected to the plain port.
  if (filters.has('LADDR')) return 0;
  const type = filters.get('TYPE')?.toLowerCase();
  const isUser = (name: string): boolean => (filters.get('USER') ?? name) === name;
  const ended = ['replica', 'slave'].includes(type ?? 'replica')
    ? endFollowers(server.replication, (follower) => isUser(userOf(follower)) && !filters.has('ID'))
    : 0;
  if ((type ?? 'normal') !== 'normal') return ended;
  const skipsOwn = filters.get('SKIPME')?.toLowerCase() !== 'no';
  const fits = ({ id, username }: FakeConnection): boolean =>
    isUser(username) && (filters.get('ID') ?? String(id)) === String(id);
  return ended + server.connections.end((one) => fits(one) && !(skipsOwn && one === connection));
};

const endFollowers = (replication: FakeReplication, which: (follower: FakeReplication) => boolean): number => {
  const count = replication.followers.filter(which).length;
  replication.dropFollowers(which);
  return count;
};

const userOf = ({ host }: FakeReplication): string => host.settings.get('masteruser') || 'default';
