import type { FakeConnection } from './connections.js';
import { FakeReplyError } from './reply-error.js';
import type { Served } from './served.js';

/** `ACL …`. */
export const aclCommands = (
  server: Served,
  [subcommand = '', ...names]: readonly string[],
  connection: FakeConnection,
): unknown => {
  const { acl } = server;
  const [name = '', ...rules] = names;
  switch (subcommand.toUpperCase()) {
    case 'WHOAMI':
      return connection.username;
    case 'LIST':
      return acl.lines();
    case 'USERS':
      return acl.names();
    case 'GETUSER':
      return acl.user(name)?.describe() ?? null;
    case 'SETUSER':
      acl.set(name, rules);
      return 'OK';
    case 'DELUSER':
      return removeUsers(server, names);
    case 'SAVE':
      server.saveUsers();
      return 'OK';
    case 'LOAD':
      server.loadUsers();
      return 'OK';
    default:
      throw new FakeReplyError(`ERR unknown subcommand '${subcommand}'. Try ACL HELP.`);
  }
};

const removeUsers = (server: Served, names: readonly string[]): number => {
  const gone = server.acl.remove(names);
  server.dropUsers(gone);
  return gone.length;
};
