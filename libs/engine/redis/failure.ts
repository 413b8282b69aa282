import { types } from 'node:util';
import { ReplyError } from 'ioredis';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { RefusedCertificate, ServerReply } from '../ports/server-reply.js';
import { DeadlineReached } from '../wait/deadline.js';

/** What went wrong with a server, for a person. `server` is `host:port`; `args` is what was asked, and never shown. */
export const serverFailure = (server: string, error: unknown, args: readonly string[] = []): HoldfastError => {
  const cause = error instanceof ReplyError ? withoutArguments(error as Error, args) : refusedCertificate(error);
  return new HoldfastError('server_not_ready', `${server} ${reason(cause)}`, { cause });
};

/** ioredis hangs the whole command onto the error, and Redis quotes arguments in some: either way a password would get into the log. */
const withoutArguments = (error: Error, [, ...args]: readonly string[]): ServerReply =>
  new ServerReply(args.filter(maySecret).reduce((text, arg) => text.replaceAll(arg, '…'), error.message));

/** Issued passwords are far longer; subcommands and numbers are worth reading. */
const maySecret = (arg: string): boolean => arg.length >= 8;

const reason = (error: unknown): string => {
  if (error instanceof DeadlineReached) return `does not answer within ${String(error.deadlineMs)} ms`;
  if (error instanceof ServerReply) return replyReason(error);
  if (error instanceof RefusedCertificate) return `shows a certificate that is not accepted (${error.code})`;
  const code = codeOf(error);
  if (code === null) return 'closed the connection';
  return connectReasons[code] ?? `cannot be reached (${code})`;
};

const codeOf = (error: unknown): string | null =>
  types.isNativeError(error) && 'code' in error ? String(error.code) : null;

const refusedCertificate = (error: unknown): unknown => {
  const code = codeOf(error);
  return code !== null && isCertificateCode(code) ? new RefusedCertificate(code, { cause: error }) : error;
};

const connectReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'cannot be reached in time',
};

const replyReason = ({ code, message }: ServerReply): string =>
  code === 'WRONGPASS' || code === 'NOAUTH' ? `refuses the login (${code})` : `answers "${message}"`;

/** OpenSSL's verification codes have no common prefix; these are the ones that a server's chain can fail with. */
const isCertificateCode = (code: string): boolean =>
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_)/.test(code);
