import { createHash } from 'node:crypto';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { RdbSummary } from '#domain/rdb/summary.js';
import type { BackupStreams, RdbReading, SealedObject, Sealing, Snapshot } from '../ports/backup-streams.js';
import type { RedisConnector, RedisTarget } from '../ports/redis-node.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The bytes of a fake server are its dataset as its own `SAVE` writes it; nothing is compressed, and one line before them is the seal. */
export class FakeBackupStreams implements BackupStreams {
  constructor(private readonly redis: RedisConnector) {}

  async snapshot(target: RedisTarget, signal: AbortSignal): Promise<Snapshot> {
    const node = await this.redis.connect(target, signal);
    try {
      const body = Buffer.from(String(await node.command(['FAKE-SAVE'], signal)), 'base64');
      return { replicationId: '0'.repeat(40), offset: 0, body: inOnePiece(body), close: () => undefined };
    } finally {
      node.close();
    }
  }

  async seal(
    body: AsyncIterable<Buffer>,
    sealing: Sealing,
    store: (stored: AsyncIterable<Buffer>) => Promise<void>,
  ): Promise<SealedObject> {
    const clear = await whole(body);
    const stored = Buffer.concat([Buffer.from(sealOf(sealing)), clear]);
    await store(inOnePiece(stored));
    return {
      codec: 'gzip',
      clearBytes: clear.length,
      clearSha256: sha256(clear),
      storedBytes: stored.length,
      storedSha256: sha256(stored),
    };
  }

  async *unseal(stored: AsyncIterable<Buffer>, sealing: Sealing, expected: SealedObject): AsyncGenerator<Buffer> {
    const bytes = await whole(stored);
    const seal = sealOf(sealing);
    if (sha256(bytes) !== expected.storedSha256 || bytes.subarray(0, seal.length).toString() !== seal) {
      throw new HoldfastError('backup_corrupt', 'The stored bytes were changed.');
    }
    yield bytes.subarray(seal.length);
  }

  read(): RdbReading {
    let keys = 0;
    return {
      through: async function* (body) {
        const bytes = await whole(body);
        keys = (JSON.parse(bytes.toString()) as unknown[]).length;
        yield bytes;
      },
      summary: async () => summaryOf(keys),
    };
  }
}

const summaryOf = (keys: number): RdbSummary => ({
  ...{ rdbVersion: 12, redisVersion: null, functions: 0, hasExpiringFields: false },
  ...{ persistentDigest: '0'.repeat(16), lastingDigest: '0'.repeat(16) },
  databases: keys === 0 ? [] : [{ index: 0, keys, expiring: 0, lasting: 0 }],
});

const sealOf = ({ context, dataKey }: Sealing): string => `${context} ${sha256(dataKey)}\n`;

const whole = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const inOnePiece = async function* (bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
};
