import { Duplex } from 'node:stream';
import type { FakeRedisServer } from './fake-redis-server.js';

/** A program beside a server, in its container. Only FakeRedisConnector can talk to it: no bytes pass. */
export class FakeProgram extends Duplex {
  constructor(
    readonly server: FakeRedisServer,
    readonly command: readonly string[],
  ) {
    super({ allowHalfOpen: false });
  }

  override _read(): void {
    // Nothing ever comes.
  }

  override _write(_chunk: unknown, _encoding: BufferEncoding, done: (error: Error) => void): void {
    done(new TypeError('a fake program reads nothing'));
  }
}
