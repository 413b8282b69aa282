import { posix } from 'node:path';
import { Readable } from 'node:stream';
import tar from 'tar-stream';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { StreamedFile } from '../ports/container-engine.js';
import type { Silence } from '../wait/silence.js';
import type { EngineClient } from './engine-client.js';
import { resourceName } from './names.js';

const blockBytes = 512;

/**
 * The engine's archive call, fed while it runs. While the body is waited for, the engine is not: a slow store is no silence of the engine's.
 * Docker takes the whole body before it says that the disk is full.
 */
export const writeStream = async (
  client: EngineClient,
  container: string,
  path: string,
  file: StreamedFile,
  signal: AbortSignal,
): Promise<void> => {
  const source = new Source(posix.basename(path), file);
  try {
    await client.feed(`write ${path} to container ${container}`, signal, async (docker, silence) => {
      const archive = Readable.from(source.archive(silence), { objectMode: false, highWaterMark: 1 });
      // Its errors reach the call; one that comes after the call is over has nobody to reach.
      archive.on('error', () => undefined);
      try {
        const options = { path: posix.dirname(path), abortSignal: silence.signal };
        await docker.getContainer(resourceName(container)).putArchive(archive, options);
      } finally {
        archive.destroy();
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    throw source.failure?.error ?? error;
  }
};

/** One file as a tar archive. */
class Source {
  /** What the body threw, as distinct from what became of the call. */
  failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly name: string,
    private readonly file: StreamedFile,
  ) {}

  async *archive(silence: Silence): AsyncGenerator<Buffer> {
    const { sizeBytes } = this.file;
    yield await header(this.name, this.file);
    silence.end();
    for await (const chunk of this.body()) {
      silence.begin();
      yield chunk;
      silence.end();
    }
    silence.begin();
    const padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
    yield Buffer.alloc(padding + 2 * blockBytes);
  }

  private async *body(): AsyncGenerator<Buffer> {
    const { sizeBytes, body } = this.file;
    try {
      let bytes = 0;
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > sizeBytes) throw this.mismatch('more');
        if (chunk.length > 0) yield chunk;
      }
      if (bytes < sizeBytes) throw this.mismatch(`only ${String(bytes)}`);
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private mismatch(found: string): HoldfastError {
    const { sizeBytes } = this.file;
    return new HoldfastError('engine_error', `${this.name} should have ${String(sizeBytes)} bytes, and has ${found}`);
  }
}

/** An archive of the file breaks off after the header when nobody fills the file. */
const header = async (name: string, { sizeBytes, mode, uid, gid }: StreamedFile): Promise<Buffer> => {
  const archive = tar.pack();
  archive.entry({ name, size: sizeBytes, mode, uid, gid, type: 'file' });
  for await (const block of archive) return block as Buffer;
  throw new TypeError('an archive begins with a header');
};
