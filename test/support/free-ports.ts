import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { findTakenPort } from '#engine/edge/taken-ports.js';

/** Between the edge's default range and the ports that the kernel gives to clients. */
const [lowest, parts, partSize] = [24_000, 8, 1000];

/**
 * A range that nobody listens on. Its edge listens on it only later, so test files that run side by side take theirs from different parts.
 */
export const freePortRange = async (count: number): Promise<{ first: number; last: number }> => {
  const worker = process.env['JEST_WORKER_ID'];
  const from = worker === undefined ? lowest : lowest + ((Number(worker) - 1) % parts) * partSize;
  const size = worker === undefined ? parts * partSize : partSize;
  for (;;) {
    const first = from + randomInt(size - count);
    const range = { first, last: first + count - 1 };
    if ((await findTakenPort('0.0.0.0', range)) === null) return range;
  }
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
