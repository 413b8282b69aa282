import type { ChecksumUse } from '#domain/rdb/rdb-parser.js';
import type { BackupStreams, Codec, RdbReading, SealedObject, Sealing, Snapshot } from '../ports/backup-streams.js';
import type { RedisTarget } from '../ports/redis-node.js';
import { availableCodec } from './codec.js';
import { RdbReader } from './rdb-reader.js';
import { seal } from './seal.js';
import { takeSnapshot } from './snapshot.js';
import { unseal } from './unseal.js';

/** The streams of backups over real connections and programs. */
export class ServerBackupStreams implements BackupStreams {
  private codec: Promise<Codec> | null = null;

  snapshot(target: RedisTarget, signal: AbortSignal): Promise<Snapshot> {
    return takeSnapshot(target, signal);
  }

  async seal(
    body: AsyncIterable<Buffer>,
    sealing: Sealing,
    store: (stored: AsyncIterable<Buffer>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<SealedObject> {
    this.codec ??= availableCodec();
    return seal(await this.codec, body, sealing, store, signal);
  }

  unseal(
    stored: AsyncIterable<Buffer>,
    sealing: Sealing,
    expected: SealedObject,
    signal: AbortSignal,
  ): AsyncIterable<Buffer> {
    return unseal(stored, sealing, expected, signal);
  }

  read(horizon: Date | null, checksum?: ChecksumUse): RdbReading {
    return new RdbReader(horizon, checksum);
  }
}
