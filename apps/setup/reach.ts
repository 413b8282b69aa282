import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { IoredisConnector } from '#engine/redis/ioredis-connector.js';
import type { RedisTarget } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';

/** The edge may only just be starting. */
const reachedWithinMs = 15_000;

/**
 * Looks whether the line that is about to be printed works: through the door, over TLS, with the password.
 * Errors: `setup_failed` with what is in the way.
 */
export const reach = async (url: string, caPem: string, signal: AbortSignal): Promise<void> => {
  const { hostname, port, username, password } = new URL(url);
  const tls = { caPem, serverName: 'localhost' };
  const target: RedisTarget = { host: hostname, port: Number(port), username, password, tls };
  try {
    const wait = { describe: `the first database at ${hostname}:${port}`, deadlineMs: reachedWithinMs };
    const node = await waitUntil((within) => new IoredisConnector().connect(target, within), wait, signal);
    node.close();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new HoldfastError('setup_failed', `The first database does not answer: ${error.detail}`, {
      cause: error,
      remedy:
        'Make its server again with `npx holdfast db:reload hello`, and look at the log in HOLDFAST_HOME for what the edge says.',
    });
  }
};
