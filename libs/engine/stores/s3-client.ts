import { S3Client } from '@aws-sdk/client-s3';

/** A bucket, or the part of one below a prefix. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  /** Null for Amazon's own. */
  readonly endpoint: string | null;
  /** Empty, or without a slash at its ends. */
  readonly prefix: string;
  /** Null takes what the machine offers: environment, profile, role of the instance. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Certificates of the authorities to trust in place of the usual ones, PEM. */
  readonly ca: string | null;
  /** Whether the bucket is named in the path and not in the host. */
  readonly forcePathStyle: boolean;
}

/** All in ms. A server that does not keep them counts as one that does not answer. */
export interface S3Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** One attempt, from its first byte to the head of the answer. */
  readonly attemptMs: number;
  /** A call with all its attempts, without the body that is read. */
  readonly callMs: number;
}

/** Slow enough for 64 MB over a line of 5 Mbit/s. */
export const usualTimeouts: S3Timeouts = { connectMs: 10_000, idleMs: 30_000, attemptMs: 120_000, callMs: 600_000 };

/** Waits between them grow from 0.1 s, or 0.5 s when the server asks to slow down, with chance in them. */
const attempts = 6;

/** `isForBodies`: the pace of a body is the reader's, so that an idle line means nothing. */
export const openS3Client = (place: S3Place, timeouts: S3Timeouts, isForBodies: boolean): S3Client =>
  withoutWarning(
    () =>
      new S3Client({
        region: place.region,
        forcePathStyle: place.forcePathStyle,
        maxAttempts: attempts,
        requestChecksumCalculation: 'WHEN_SUPPORTED',
        responseChecksumValidation: 'WHEN_SUPPORTED',
        requestHandler: {
          connectionTimeout: timeouts.connectMs,
          socketTimeout: isForBodies ? 0 : timeouts.idleMs,
          requestTimeout: timeouts.attemptMs,
          throwOnRequestTimeout: true,
          httpsAgent: { keepAlive: true, maxSockets: 50, ...(place.ca === null ? {} : { ca: place.ca }) },
        },
        ...(place.endpoint === null ? {} : { endpoint: place.endpoint }),
        ...(place.credentials === null ? {} : { credentials: place.credentials }),
      }),
  );

/** The package warns on stderr, once, of versions of Node that its releases of next year will refuse; ours is pinned. */
const withoutWarning = <T>(make: () => T): T => {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
};
