import { randomInt } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { findTakenPort } from '#engine/edge/taken-ports.js';

/** A range that nobody listens on, between the edge's default range and the ports that the kernel gives to clients. */
export const freePortRange = async (count: number): Promise<{ first: number; last: number }> => {
  for (;;) {
    const first = randomInt(24_000, 32_000 - count);
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
