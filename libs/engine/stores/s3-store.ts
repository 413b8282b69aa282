import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
  type S3Client,
  type _Object,
} from '@aws-sdk/client-s3';
import type { ObjectStore, StoredObject } from '../ports/object-store.js';
import { assertKey, assertPrefix, isKey } from './object-keys.js';
import { inParts, type Part } from './parts.js';
import { wholeBody } from './s3-body.js';
import { S3Caller } from './s3-caller.js';
import { openS3Client, usualTimeouts, type S3Place, type S3Timeouts } from './s3-client.js';
import { s3Error } from './s3-errors.js';
import { S3Upload } from './s3-upload.js';
import { abortWith, untilAborted } from './until-aborted.js';

interface UploadMarker {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** Objects in a bucket. What somebody else put there under names that are no keys is left alone. */
export class S3Store implements ObjectStore {
  readonly description: string;
  private readonly caller: S3Caller;
  private readonly bodies: S3Client;
  /** Before each key. */
  private readonly before: string;

  /** Opens no connection yet. */
  constructor(
    private readonly place: S3Place,
    private readonly timeouts: S3Timeouts = usualTimeouts,
  ) {
    this.before = place.prefix === '' ? '' : `${place.prefix}/`;
    this.description = `S3 bucket ${place.bucket}/${this.before} at ${place.endpoint ?? place.region}`;
    this.caller = new S3Caller(this.description, openS3Client(place, timeouts, false), timeouts.callMs);
    this.bodies = openS3Client(place, timeouts, true);
  }

  async put(key: string, body: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
    assertKey(key);
    const { controller, release } = abortWith(signal);
    const parts = inParts(untilAborted(body, controller.signal));
    try {
      for await (const first of parts) {
        if (first.isLast) await this.putWhole(key, first.bytes, signal);
        else await this.putParts(key, first, parts, controller);
        // The parts that follow were taken from the same iterator.
        return;
      }
    } finally {
      release();
    }
  }

  async get(key: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const command = new GetObjectCommand({ ...this.objectAt(key), ChecksumMode: 'ENABLED' });
    try {
      const { Body, ContentLength } = await this.bodies.send(command, { abortSignal: signal });
      return this.read(Body as Readable, ContentLength ?? null, signal);
    } catch (error) {
      throw s3Error(this.description, error, signal);
    }
  }

  /** By a list of one: the answer to a HEAD does not tell a missing object from a missing bucket. */
  async find(key: string, signal: AbortSignal): Promise<StoredObject | null> {
    assertKey(key);
    const { Contents } = await this.listPage(key, 1, undefined, signal);
    const [first] = Contents.map((found) => this.stored(found));
    return first?.key === key ? first : null;
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject> {
    assertPrefix(prefix);
    let token: string | undefined;
    do {
      const { Contents, NextContinuationToken } = await this.listPage(prefix, 1000, token, signal);
      yield* Contents.map((found) => this.stored(found)).filter(({ key }) => isKey(key));
      token = NextContinuationToken;
    } while (token !== undefined);
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    await this.caller.call(new DeleteObjectCommand(this.objectAt(key)), signal);
  }

  async removeUnfinished(prefix: string, before: Date, signal: AbortSignal): Promise<number> {
    const old = (await this.uploads(prefix, signal)).filter(
      ({ Initiated }) => Initiated !== undefined && Initiated < before,
    );
    for (const { Key, UploadId } of old) {
      await this.caller.call(new AbortMultipartUploadCommand({ Bucket: this.place.bucket, Key, UploadId }), signal);
    }
    return old.length;
  }

  private async putWhole(key: string, Body: Buffer, signal: AbortSignal): Promise<void> {
    await this.caller.call(new PutObjectCommand({ ...this.objectAt(key), Body, ChecksumAlgorithm: 'CRC32' }), signal);
  }

  private async putParts(
    key: string,
    first: Part,
    rest: AsyncIterable<Part>,
    controller: AbortController,
  ): Promise<void> {
    const failed = (error: unknown): void => controller.abort(error);
    const upload = await S3Upload.begin(this.caller, this.objectAt(key), controller.signal, failed);
    try {
      await upload.add(first);
      for await (const part of rest) await upload.add(part);
      await upload.complete();
    } catch (error) {
      controller.abort(error);
      await upload.abort();
      throw error;
    }
  }

  private async *read(body: Readable, length: number | null, signal: AbortSignal): AsyncGenerator<Buffer> {
    try {
      yield* untilAborted(wholeBody(body, length, this.timeouts.idleMs), signal);
    } catch (error) {
      throw s3Error(this.description, error, signal);
    } finally {
      body.destroy();
    }
  }

  private async listPage(prefix: string, MaxKeys: number, ContinuationToken: string | undefined, signal: AbortSignal) {
    const page = { Bucket: this.place.bucket, Prefix: this.before + prefix, MaxKeys };
    const command = new ListObjectsV2Command({ ...page, ...(ContinuationToken ? { ContinuationToken } : {}) });
    const { Contents = [], NextContinuationToken } = await this.caller.call(command, signal);
    return { Contents, NextContinuationToken };
  }

  private async uploads(prefix: string, signal: AbortSignal): Promise<MultipartUpload[]> {
    assertPrefix(prefix);
    const all: MultipartUpload[] = [];
    let from: UploadMarker | null = {};
    while (from) {
      const page: ListMultipartUploadsCommandOutput = await this.caller.call(
        new ListMultipartUploadsCommand({ Bucket: this.place.bucket, Prefix: this.before + prefix, ...from }),
        signal,
      );
      all.push(...(page.Uploads ?? []));
      from = nextOf(page);
    }
    return all;
  }

  private objectAt(key: string): { Bucket: string; Key: string } {
    assertKey(key);
    return { Bucket: this.place.bucket, Key: this.before + key };
  }

  private stored(found: _Object): StoredObject {
    const key = (found.Key ?? '').slice(this.before.length);
    return { key, bytes: found.Size ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
  }
}

const nextOf = (page: ListMultipartUploadsCommandOutput): UploadMarker | null => {
  const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
  return IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : null;
};
