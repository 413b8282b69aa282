import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { ErrorCode } from '#domain/errors/catalogue.js';

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and MinIO's of a full disk. */
const codes: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'backup_object_missing',
  QuotaExceeded: 'backup_store_full',
  InsufficientStorage: 'backup_store_full',
  XMinioStorageFull: 'backup_store_full',
  XMinioAdminBucketQuotaExceeded: 'backup_store_full',
  NoSuchBucket: 'backup_store_refused',
  CredentialsProviderError: 'backup_store_refused',
  // Of the statuses that refuse, these mean a bad line, or an upload that somebody swept up.
  RequestTimeout: 'backup_store_unreachable',
  IncompleteBody: 'backup_store_unreachable',
  BadDigest: 'backup_store_unreachable',
  XAmzContentSHA256Mismatch: 'backup_store_unreachable',
  NoSuchUpload: 'backup_store_unreachable',
};
const statuses: Readonly<Record<number, ErrorCode>> = {
  301: 'backup_store_refused',
  307: 'backup_store_refused',
  400: 'backup_store_refused',
  401: 'backup_store_refused',
  403: 'backup_store_refused',
  404: 'backup_store_refused',
  405: 'backup_store_refused',
  501: 'backup_store_refused',
  507: 'backup_store_full',
};
/** What TLS says of a certificate that is not trusted; no later attempt mends it. */
const distrust = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What to tell of a call that failed; the caller's own reason when it was aborted. */
export const s3Error = (place: string, error: unknown, signal: AbortSignal): unknown => {
  if (signal.aborted) return signal.reason;
  if (isHoldfastError(error)) return error;
  const failure = error as Failure;
  const detail = `${place}: ${failure.name ?? 'Error'}: ${failure.message ?? ''}`;
  return new HoldfastError(codeOf(failure), detail, { cause: error });
};

const codeOf = ({ name, code, $metadata }: Failure): ErrorCode => {
  if (typeof code === 'string' && distrust.test(code)) return 'backup_store_refused';
  return codes[name ?? ''] ?? statuses[$metadata?.httpStatusCode ?? 0] ?? 'backup_store_unreachable';
};
