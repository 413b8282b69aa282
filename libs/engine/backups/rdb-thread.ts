import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { parseRdb } from '#domain/rdb/rdb-parser.js';
import { hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { RdbPipe } from './rdb-pipe.js';
import type { RdbAnswer, RdbOrder } from './rdb-messages.js';

/** The thread of one RdbReader: it may stand still while it waits for bytes. */
const { memory, horizon, checksum } = workerData as RdbOrder;
const say = (answer: RdbAnswer): void => parentPort?.postMessage(answer);
const pipe = new RdbPipe(memory);

try {
  const next = () => pipe.take(() => say({ kind: 'room' }));
  say({ kind: 'outcome', outcome: parseRdb(next, (bytes) => hash('sha1', bytes, 'binary'), horizon, checksum) });
} catch (error) {
  // Its class would not survive the way to the other thread.
  if (!(error instanceof HoldfastError)) throw error;
  say({ kind: 'corrupt', detail: error.detail });
}
