import { randomInt } from 'node:crypto';
import { uniqueName } from '../names.js';
import { Checker, type CheckerOptions, type Verdict } from './checker.js';
import { Directory, DirectLink, openOnce, type Login, type ServerAddress } from './direct-link.js';
import type { Link } from './link.js';
import { Watcher } from './watcher.js';

export interface Watched {
  readonly servers: readonly ServerAddress[];
  /** The one that takes writes at the beginning. */
  readonly primary: ServerAddress;
  readonly login: Login;
  readonly clients: number;
  /** Between two writes of a client. Default 0. */
  readonly thinkMs?: number;
  /** Clients that know all addresses and try the next one by themselves (default), or wait to be told. */
  readonly roaming?: boolean;
  /** Clients of another make, by their number. */
  readonly link?: (client: number, directory: Directory) => Link;
  readonly foreign?: CheckerOptions['foreign'];
}

export interface CheckedPromotion extends Verdict {
  /** Proofs that two servers took writes at once. */
  readonly overlaps: readonly string[];
}

const writesAround = 8;

/**
 * Promotes, at a random moment, while many clients write and a watcher asks all servers; then compares everything. `promote` returns
 * the server that has to have it all. It did not promote anything when that is the primary of the beginning. Leaves no key behind.
 */
export const checkedPromotion = async (
  watched: Watched,
  promote: (directory: Directory) => Promise<ServerAddress>,
): Promise<CheckedPromotion> => {
  const { servers, primary, login, clients, thinkMs = 0, roaming = true } = watched;
  const directory = new Directory(servers, roaming);
  directory.tell(primary);
  const watcher = Watcher.start(servers, login);
  const link = watched.link ?? (() => new DirectLink(directory, login));
  const checker = Checker.start({
    ...{ clients, thinkMs, key: uniqueName('run'), link: (client) => link(client, directory) },
    ...(watched.foreign ? { foreign: watched.foreign } : {}),
  });
  let promotions = 0;
  try {
    await checker.moreWrites(writesAround + randomInt(30));
    checker.measureAnew();
    const afterwards = await promote(directory);
    promotions = afterwards === primary ? 0 : 1;
    await checker.moreWrites(writesAround);
    const verdict = await checker.verdict(afterwards, login);
    const overlaps = await watcher.stop(promotions, verdict.acceptances);
    await empty(afterwards, login);
    return { ...verdict, overlaps };
  } finally {
    await checker.stop();
    await watcher.stop(promotions);
  }
};

const empty = async (server: ServerAddress, login: Login): Promise<void> => {
  const client = await openOnce(server, login);
  await client.flushall();
  client.disconnect();
};
