import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import S3Error from 's3rver/lib/models/error.js';
import FilesystemStore, { type Listing, type StoredS3Object } from 's3rver/lib/stores/filesystem.js';

export interface UnfinishedUpload {
  readonly key: string;
  readonly id: string;
  readonly startedAt: Date;
}

/**
 * The storage of s3rver with what S3 promises and s3rver does not keep: an object is there whole or not at all, an answer comes when all is
 * written, a broken request stores nothing, parts are those that the client names, lists go by key.
 */
export class S3Storage extends FilesystemStore {
  private last: Promise<unknown> = Promise.resolve();

  override async putObject(object: StoredS3Object): Promise<{ size: number; md5: string }> {
    const { path, size, md5 } = await this.receive(object.content);
    await this.inTurn(async () => {
      const target = this.getResourcePath(object.bucket, object.key, 'object');
      await mkdir(dirname(target), { recursive: true });
      await rename(path, target);
      await this.putMetadata(object.bucket, object.key, object.metadata, md5);
    });
    return { size, md5 };
  }

  override getObject(bucket: string, key: string, options?: unknown): Promise<StoredS3Object | null> {
    return this.inTurn(() => super.getObject(bucket, key, options));
  }

  override deleteObject(bucket: string, key: string): Promise<void> {
    return this.inTurn(() => super.deleteObject(bucket, key));
  }

  override listObjects(bucket: string, options: { startAfter?: string; maxKeys: number }): Promise<Listing> {
    return this.inTurn(async () => {
      const all = await super.listObjects(bucket, { ...options, maxKeys: Infinity });
      const sorted = [...all.objects].sort((a, b) => (a.key < b.key ? -1 : 1));
      const objects = sorted.slice(0, options.maxKeys);
      return { ...all, objects, isTruncated: objects.length < sorted.length };
    });
  }

  override async putPart(bucket: string, uploadId: string, part: string, content: NodeJS.ReadableStream) {
    const { path, size, md5 } = await this.receive(content);
    const keep = async (): Promise<void> => {
      await this.assertUpload(bucket, uploadId);
      await rename(path, join(this.uploadAt(bucket, uploadId), part));
      await writeFile(join(this.uploadAt(bucket, uploadId), `${part}.md5`), md5);
    };
    await this.inTurn(keep).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    return { size, md5 };
  }

  override async putObjectMultipart(
    bucket: string,
    uploadId: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
  ) {
    await this.assertUpload(bucket, uploadId);
    const folder = this.uploadAt(bucket, uploadId);
    for (const { number, etag } of parts) {
      const md5 = await readFile(join(folder, `${number}.md5`), 'utf8').catch(() => '');
      if (md5 !== etag) throw new S3Error('InvalidPart', `part ${number} is not there`);
    }
    const key = await readFile(join(folder, 'key'), 'utf8');
    const metadata = JSON.parse(await readFile(join(folder, 'metadata'), 'utf8')) as Record<string, string>;
    const paths = parts.map(({ number }) => join(folder, String(number)));
    const result = await this.putObject({ bucket, key, metadata, content: Readable.from(joined(paths)) });
    await this.abortUpload(bucket, uploadId);
    return result;
  }

  abortUpload(bucket: string, uploadId: string): Promise<void> {
    return this.inTurn(async () => {
      await this.assertUpload(bucket, uploadId);
      await rm(this.uploadAt(bucket, uploadId), { recursive: true });
    });
  }

  uploads(bucket: string): Promise<UnfinishedUpload[]> {
    return this.inTurn(async () => {
      const ids = await readdir(dirname(this.uploadAt(bucket, 'any'))).catch(() => []);
      return Promise.all(
        ids.map(async (id) => {
          const path = join(this.uploadAt(bucket, id), 'key');
          return { key: await readFile(path, 'utf8'), id, startedAt: (await stat(path)).mtime };
        }),
      );
    });
  }

  private uploadAt(bucket: string, uploadId: string): string {
    return join(this.getResourcePath(bucket, undefined, 'uploads'), uploadId);
  }

  private async assertUpload(bucket: string, uploadId: string): Promise<void> {
    const found = await stat(join(this.uploadAt(bucket, uploadId), 'key')).catch(() => null);
    if (!found) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.');
  }

  /** Into a file of its own. Nothing stays of a body that breaks off. */
  private async receive(content: NodeJS.ReadableStream): Promise<{ path: string; size: number; md5: string }> {
    const path = join(this.rootDirectory, `.new-${randomUUID()}`);
    const hash = createHash('md5');
    let size = 0;
    const count = new Transform({
      transform: (chunk: Buffer, _, done) => {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    const file = createWriteStream(path);
    try {
      await pipeline(content, count, file);
    } catch (error) {
      // It may not even be open yet, and would be made after it was removed.
      if (!file.closed) await new Promise<void>((resolve) => file.once('close', () => resolve()));
      await rm(path, { force: true });
      throw error;
    }
    return { path, size, md5: hash.digest('hex') };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

async function* joined(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
