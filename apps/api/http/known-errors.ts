import { HttpException } from '@nestjs/common';
import type { Request } from 'express';
import { allRoutes } from '#contracts/http/routes.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { asStoreError } from '#persistence/connection.js';

/** What a thrown thing means to a client. Whatever is not known is `internal_error` and tells nothing. */
export const asHoldfastError = (thrown: unknown, request: Request): HoldfastError => {
  const error = asStoreError(thrown);
  if (error instanceof HoldfastError) return error;
  const status = statusOf(error);
  if (status === 404) return unknownRoute(request);
  if (status === 413) return new HoldfastError('payload_too_large', 'The body is over the limit.', { cause: error });
  if (status === 415) {
    return new HoldfastError('unsupported_media_type', 'The encoding of the body is not supported.', { cause: error });
  }
  if (status !== null && status >= 400 && status < 500) {
    return new HoldfastError('invalid_request', 'The body could not be read as JSON.', {
      cause: error,
      remedy: 'Send one JSON object in UTF-8.',
    });
  }
  return new HoldfastError('internal_error', 'The request failed for a reason that is in the log.', { cause: error });
};

/** Nest's exceptions, and those of Express and its body parser, carry the status that they mean. */
const statusOf = (error: unknown): number | null => {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') return error.status;
  return null;
};

const patterns = allRoutes.map((route) => ({
  method: route.method.toUpperCase(),
  pattern: new RegExp(`^${route.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`),
}));

/** What the catalogue answers at a path. */
export const methodsAt = (path: string): string[] =>
  patterns.filter(({ pattern }) => pattern.test(path)).map((route) => route.method);

const unknownRoute = ({ method, path }: Request): HoldfastError => {
  const methods = methodsAt(path);
  return methods.length > 0
    ? new HoldfastError('method_not_allowed', `${path} supports ${methods.join(', ')}, not ${method}.`)
    : new HoldfastError('not_found', `There is no ${path}.`);
};
