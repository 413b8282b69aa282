import { readFile, readdir, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { PortRange } from './haproxy-config.js';

export interface TakenPort {
  readonly port: number;
  /** The process that holds it, as `redis-server (pid 812)`, or null when this process may not know. */
  readonly holder: string | null;
}

/** The first port of the range that cannot be listened on, or null. Sees the network of this process only. */
export const findTakenPort = async (bindAddress: string, ports: PortRange): Promise<TakenPort | null> => {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readTable));
  for (const [port, inode] of usedPorts(tables.join('\n'), ports)) {
    if (!(await canListen(bindAddress, port))) return { port, holder: await holderOf(inode) };
  }
  return null;
};

/** A host without IPv6 has no second table. */
const readTable = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** A closed connection that the kernel still remembers; it hinders nobody from listening. */
const timeWait = '06';

/** Port → inode of a socket on it, from the kernel's tables: `0: 0100007F:5DC0 00000000:0000 0A … inode …`. */
export const usedPorts = (table: string, ports: PortRange): ReadonlyMap<number, string> => {
  const used = new Map<number, string>();
  for (const line of table.split('\n')) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const port = Number.parseInt(local?.split(':')[1] ?? '', 16);
    if (inode !== undefined && state !== timeWait && port >= ports.first && port <= ports.last) used.set(port, inode);
  }
  return used;
};

/** Only the kernel knows whether a socket on another address is in the way. */
const canListen = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });

const holderOf = async (inode: string): Promise<string | null> => {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await holds(pid, inode))) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process that ended');
    return `${name.trim()} (pid ${pid})`;
  }
  return null;
};

/** False as well for a process that ended meanwhile or that we may not look into. */
const holds = async (pid: string, inode: string): Promise<boolean> => {
  const directory = `/proc/${pid}/fd`;
  const files = await readdir(directory).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`${directory}/${file}`).catch(() => '')));
  return links.includes(`socket:[${inode}]`);
};
