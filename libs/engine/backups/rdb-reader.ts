import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ChecksumUse, RdbOutcome } from '#domain/rdb/rdb-parser.js';
import type { RdbReading } from '#engine/ports/backup-streams.js';
import { Worker } from 'node:worker_threads';
import type { RdbAnswer, RdbOrder } from './rdb-messages.js';
import { RdbPipe } from './rdb-pipe.js';

/** A thread cannot load TypeScript, so sources that run as they are start the built file. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/libs/engine/backups/rdb-thread.js' : './rdb-thread.js',
  import.meta.url,
);

/** Its heap holds one key at a time; what is bigger is outside it. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

/** Parses in a thread of its own, so that the event loop stays free for the bytes. The thread ends with the body. */
export class RdbReader implements RdbReading {
  private result: Promise<RdbOutcome> | null = null;

  constructor(
    private readonly horizon: Date | null,
    private readonly checksum: ChecksumUse = 'left',
  ) {}

  async *through(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const thread = new RdbThread(this.horizon?.getTime() ?? null, this.checksum);
    try {
      for await (const bytes of body) {
        await thread.put(bytes);
        yield bytes;
      }
      const result = thread.end();
      // Whoever asks for the summary gets the error; the bytes themselves passed.
      await result.catch(() => undefined);
      this.result = result;
    } finally {
      await thread.close();
    }
  }

  async summary(): Promise<RdbOutcome> {
    if (!this.result) throw new Error('An RDB file has a summary only after its last byte');
    return this.result;
  }
}

/** One thread and the pipe to it. It holds the process up only while somebody waits for it. */
class RdbThread {
  private readonly pipe = new RdbPipe();
  private readonly worker: Worker;
  private readonly answer: Promise<RdbOutcome>;
  private answered = false;
  private wake: () => void = () => undefined;

  constructor(horizon: number | null, checksum: ChecksumUse) {
    const workerData: RdbOrder = { memory: this.pipe.memory, horizon, checksum };
    this.worker = new Worker(threadFile, { workerData, resourceLimits, env: {}, execArgv: [] });
    this.answer = this.listen();
    this.answer.catch(() => undefined);
    // After the listeners: adding one lets the thread hold the process up again.
    this.worker.unref();
  }

  /** Waits while the thread lags behind. A thread that has its answer takes no more, and bytes pass it by. */
  async put(bytes: Uint8Array): Promise<void> {
    for (let left = bytes; left.length > 0 && !this.answered;) {
      const count = this.pipe.put(left);
      left = left.subarray(count);
      if (count === 0) await this.waited(new Promise<void>((resolve) => (this.wake = resolve)));
    }
  }

  async end(): Promise<RdbOutcome> {
    this.pipe.end();
    return this.waited(this.answer);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private async waited<Value>(promise: Promise<Value>): Promise<Value> {
    this.worker.ref();
    try {
      return await promise;
    } finally {
      this.worker.unref();
    }
  }

  private listen(): Promise<RdbOutcome> {
    return new Promise<RdbOutcome>((resolve, reject) => {
      this.worker.on('message', (answer: RdbAnswer) => {
        if (answer.kind === 'outcome') resolve(answer.outcome);
        if (answer.kind === 'corrupt') reject(new HoldfastError('backup_corrupt', answer.detail));
        if (answer.kind !== 'room') this.answered = true;
        this.wake();
      });
      this.worker.on('error', reject);
      this.worker.on('exit', (code) => {
        this.answered = true;
        reject(new Error(`The thread that reads an RDB file ended with ${String(code)} before its answer`));
        this.wake();
      });
    });
  }
}
