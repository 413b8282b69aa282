import { createServer } from 'node:net';

/**
 * jest's global set-up: gives this run parts of the test ports that no other run on the machine has. A part is owned by whoever listens
 * on its last port, so that a run that is killed gives its parts back. `free-ports.ts` hands out what is in them.
 */
const [lowest, parts, partSize] = [24_000, 8, 1000];

const claim = (part) =>
  new Promise((resolve, reject) => {
    const guard = createServer();
    guard.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    guard.listen(lowest + (part + 1) * partSize - 1, '127.0.0.1', () => {
      guard.unref();
      resolve(true);
    });
  });

/** A part for each worker, or fewer when other runs have the rest. */
export default async ({ maxWorkers }) => {
  // Each chosen project calls this.
  if (process.env.HOLDFAST_TEST_PORTS !== undefined) return;
  const claimed = [];
  for (let part = 0; part < parts && claimed.length < maxWorkers; part += 1) {
    if (await claim(part)) claimed.push({ first: lowest + part * partSize, last: lowest + (part + 1) * partSize - 2 });
  }
  if (claimed.length === 0) throw new Error(`All ports for tests from ${lowest} on are taken by other runs of jest`);
  process.env.HOLDFAST_TEST_PORTS = JSON.stringify(claimed);
};
