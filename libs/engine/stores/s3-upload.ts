import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { Part } from './parts.js';
import type { S3Caller } from './s3-caller.js';

/** Parts on their way at a time; one more is filled meanwhile. */
const parallel = 2;
const mostParts = 10_000;
/** How long a failed put may take to clean up behind itself; what it cannot, `removeUnfinished` does. */
const abortMs = 10_000;

/** Of the object's metadata: tells which upload an object is from. */
const markName = 'holdfast-upload';

/** One multipart upload. `failed` is called as soon as a part cannot be stored. */
export class S3Upload {
  private readonly done: CompletedPart[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private parts = 0;

  private constructor(
    private readonly caller: S3Caller,
    private readonly target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
    private readonly mark: string,
    private readonly signal: AbortSignal,
    private readonly failed: (error: unknown) => void,
  ) {}

  static async begin(
    caller: S3Caller,
    object: { readonly Bucket: string; readonly Key: string },
    signal: AbortSignal,
    failed: (error: unknown) => void,
  ): Promise<S3Upload> {
    const mark = randomUUID();
    const Metadata = { [markName]: mark };
    const command = new CreateMultipartUploadCommand({ ...object, Metadata, ChecksumAlgorithm: 'CRC32' });
    const { UploadId } = await caller.call(command, signal);
    return new S3Upload(caller, { ...object, UploadId }, mark, signal, failed);
  }

  /** Resolves when there is room for another part. */
  async add({ bytes, release }: Part): Promise<void> {
    this.parts += 1;
    if (this.parts > mostParts) {
      throw new HoldfastError('backup_store_refused', `${this.target.Key} is larger than ${mostParts} parts`);
    }
    const sent = this.send(this.parts, bytes)
      .then(release)
      .catch(this.failed)
      .finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
    if (this.underWay.size >= parallel) await Promise.race(this.underWay);
    this.signal.throwIfAborted();
  }

  async complete(): Promise<void> {
    await Promise.all(this.underWay);
    this.signal.throwIfAborted();
    const Parts = this.done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    const command = new CompleteMultipartUploadCommand({ ...this.target, MultipartUpload: { Parts } });
    try {
      await this.caller.call(command, this.signal);
    } catch (error) {
      if (!isNoSuchUpload(error) || !(await this.isStored())) throw error;
    }
  }

  /** The answer to the call that completed it may have been lost; to the next one the upload is unknown. */
  private async isStored(): Promise<boolean> {
    const { Bucket, Key } = this.target;
    const head = new HeadObjectCommand({ Bucket, Key });
    const found = await this.caller.call(head, this.signal).catch(() => null);
    return found?.Metadata?.[markName] === this.mark;
  }

  /** After all parts have ended: one that arrives later would stay, and cost, although the upload is gone. Never throws. */
  async abort(): Promise<void> {
    await Promise.allSettled(this.underWay);
    const command = new AbortMultipartUploadCommand(this.target);
    await this.caller.call(command, AbortSignal.timeout(abortMs)).catch(() => undefined);
  }

  private async send(PartNumber: number, Body: Buffer): Promise<void> {
    const { ETag, ChecksumCRC32 } = await this.caller.call(
      new UploadPartCommand({ ...this.target, PartNumber, Body, ChecksumAlgorithm: 'CRC32' }),
      this.signal,
    );
    this.done.push({ PartNumber, ETag, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) });
  }
}

const isNoSuchUpload = (error: unknown): boolean =>
  isHoldfastError(error) && (error.cause as { name?: unknown } | undefined)?.name === 'NoSuchUpload';
