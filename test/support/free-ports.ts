import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { findTakenPort } from '#engine/edge/taken-ports.js';

/** Between the edge's default range and the ports that the kernel gives to clients. */
const outsideOfJest: readonly PortRange[] = [{ first: 24_000, last: 31_999 }];

interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The parts that `claim-ports.mjs` has for this run of jest; one of them for each of its workers. */
const ownPart = (): PortRange => {
  const claimed = process.env['HOLDFAST_TEST_PORTS'];
  const parts = claimed === undefined ? outsideOfJest : (JSON.parse(claimed) as readonly PortRange[]);
  const part = parts[(Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % parts.length];
  if (!part) throw new Error('This run of jest has no ports');
  return part;
};

/**
 * A range that nobody listens on. Its edge listens on it only later, so test files that run side by side take theirs from different parts. A
 * part is cut into pieces of `count`: of ranges that begin anywhere one in the middle leaves no room for another.
 */
export const freePortRange = async (count: number): Promise<PortRange> => {
  const part = ownPart();
  const pieces = Math.floor((part.last - part.first + 1) / count);
  const begin = randomInt(Math.max(pieces, 1));
  for (let piece = 0; piece < pieces; piece++) {
    const first = part.first + ((begin + piece) % pieces) * count;
    const range = { first, last: first + count - 1 };
    if ((await findTakenPort('0.0.0.0', range)) === null) return range;
  }
  throw new Error(`No ${count} ports in a row are free from ${part.first} to ${part.last}`);
};

/** One port that nobody listens on now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
