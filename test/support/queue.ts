import { randomUUID } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

export interface TestQueue {
  readonly queue: Queue;
  readonly ping: () => Promise<void>;
  close(): Promise<void>;
}

/** The server that `npm test` started. */
export const queueUrl = (): string => {
  const url = process.env['HOLDFAST_TEST_QUEUE_URL'];
  if (url === undefined) throw new Error('HOLDFAST_TEST_QUEUE_URL is not set; run the tests with `npm test`');
  return url;
};

/** A queue under a prefix of its own, so that test files share one server; what it held is gone when it is closed. */
export const openTestQueue = (name = 'provision'): TestQueue => {
  const redis = new Redis(queueUrl(), { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection: redis, prefix: `test-${randomUUID()}` });
  return {
    queue,
    ping: async () => void (await redis.ping()),
    close: async () => {
      await queue.obliterate({ force: true });
      await queue.close();
      await redis.quit();
    },
  };
};
