import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import S3rver, { type Context } from 's3rver';
import S3Error from 's3rver/lib/models/error.js';
import { S3Storage, type UnfinishedUpload } from './s3-storage.js';

export const s3Credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
/** Few, so that a list of three has two pages. */
const uploadsOfPage = 2;

/**
 * An S3 server of its own on a free port, with one bucket. It is s3rver, with what that lacks and the store needs: lists and aborts of
 * multipart uploads, and checksums that are looked at.
 */
export class S3Server {
  readonly bucket = 'backups';

  private constructor(
    private readonly server: S3rver,
    private readonly storage: S3Storage,
    private readonly directory: string,
    readonly port: number,
    private readonly scheme: string,
  ) {}

  /** `tls`: PEM. */
  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<S3Server> {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-s3-'));
    const options = { address: '127.0.0.1', port: 0, silent: true, vhostBuckets: false, ...tls };
    const server = new S3rver({ ...options, directory, configureBuckets: [{ name: 'backups' }] });
    const storage = new S3Storage(directory);
    server.store = server.context.store = storage;
    server.middleware.unshift((context, next) => amended(storage, context, next));
    server.on('error', () => undefined);
    const { port } = await server.run();
    return new S3Server(server, storage, directory, port, tls ? 'https' : 'http');
  }

  get endpoint(): string {
    return `${this.scheme}://127.0.0.1:${this.port}`;
  }

  unfinished(): Promise<UnfinishedUpload[]> {
    return this.storage.uploads(this.bucket);
  }

  /** Bodies that were begun and neither stored nor thrown away. */
  halves(): string[] {
    return readdirSync(this.directory).filter((name) => name.startsWith('.new-'));
  }

  async close(): Promise<void> {
    const closed = this.server.close();
    this.server.httpServer.closeAllConnections();
    await closed;
    rmSync(this.directory, { recursive: true });
  }
}

const amended = async (storage: S3Storage, context: Context, next: () => Promise<void>): Promise<void> => {
  const [, bucket = ''] = context.path.split('/');
  const { uploadId } = context.query;
  if (context.method === 'GET' && 'uploads' in context.query) {
    context.type = 'application/xml';
    context.body = page(await storage.uploads(bucket), context.query);
  } else if (context.method === 'DELETE' && uploadId !== undefined) {
    await storage.abortUpload(bucket, uploadId);
    context.status = 204;
  } else {
    if (context.method === 'PUT') context.req = context.req.pipe(checking(context));
    await next();
  }
};

/** Fails at the end of a body that is not what its headers say, or that breaks off. */
const checking = (context: Context): Transform => {
  const sha256 = createHash('sha256');
  let crc = 0;
  const checked = new Transform({
    transform: (chunk: Buffer, _, done) => {
      sha256.update(chunk);
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush: (done) => {
      const said = context.headers;
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc);
      const isWrong = said['x-amz-checksum-crc32'] !== sum.toString('base64');
      const isOther = /^[0-9a-f]{64}$/.test(said['x-amz-content-sha256'] ?? '')
        ? said['x-amz-content-sha256'] !== sha256.digest('hex')
        : false;
      done(isWrong || isOther ? new S3Error('BadDigest', 'The checksum does not match.') : null);
    },
  });
  // The storage hears of it too; one that never begins to read must not end the test run.
  checked.on('error', () => undefined);
  const request = context.req as IncomingMessage;
  request.on('close', () => {
    if (!request.complete) checked.destroy(new Error('the request broke off'));
  });
  return checked;
};

const page = (uploads: readonly UnfinishedUpload[], query: Context['query']): string => {
  const nameOf = ({ key, id }: UnfinishedUpload): string => `${key} ${id}`;
  const after = query['key-marker'] ? `${query['key-marker']} ${query['upload-id-marker']}` : '';
  const left = [...uploads]
    .filter((one) => one.key.startsWith(query['prefix'] ?? '') && nameOf(one) > after)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const shown = left.slice(0, uploadsOfPage);
  const last = shown.at(-1);
  const rows = shown.map(
    ({ key, id, startedAt }) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${startedAt.toISOString()}</Initiated></Upload>`,
  );
  const next = last
    ? `<NextKeyMarker>${last.key}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`
    : '';
  const head = `<IsTruncated>${left.length > shown.length}</IsTruncated>${next}`;
  return `<?xml version="1.0"?><ListMultipartUploadsResult>${head}${rows.join('')}</ListMultipartUploadsResult>`;
};
