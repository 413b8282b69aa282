import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** An error reply of a Redis server, without what was sent to it. The cause of the `server_not_ready` that tells of it. */
export class ServerReply extends Error {
  override readonly name = 'ServerReply';

  /** The first word of an error reply is its code in the Redis protocol, such as WRONGPASS. */
  get code(): string {
    return this.message.split(' ', 1)[0] ?? '';
  }
}

/** Null when the server gave no error reply: it could not be reached, or did not answer. */
export const replyCode = (error: unknown): string | null =>
  error instanceof HoldfastError && error.cause instanceof ServerReply ? error.cause.code : null;

/** The certificate that a server shows is not accepted. The cause of the `server_not_ready` that tells of it. */
export class RefusedCertificate extends Error {
  override readonly name = 'RefusedCertificate';

  /** `code` is the verification's, such as CERT_HAS_EXPIRED. */
  constructor(
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`The certificate is not accepted (${code})`, options);
  }
}

/** Why the certificate was not accepted; null when that is not what went wrong. */
export const certificateRefusal = (error: unknown): string | null =>
  error instanceof HoldfastError && error.cause instanceof RefusedCertificate ? error.cause.code : null;
