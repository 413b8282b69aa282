import type { NextFunction, Request, Response } from 'express';
import { bytesMedia } from '#contracts/http/route.js';
import { allRoutes } from '#contracts/http/routes.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** Limit of a JSON body; anything the API takes is far smaller. */
export const bodyLimit = '100kb';

/** A JSON body is there within this time. Node's own limit is off: it would end large files as well. */
const bodyWithinMs = 60_000;

const takingBytes = allRoutes
  .filter((route) => route.takesBytes)
  .map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
  }));

/** Whether the body is bytes for a route that takes them. They are limited by what becomes of them, and read by whoever handles the route. */
export const sendsBytes = (request: Request): boolean =>
  Boolean(request.is(bytesMedia)) &&
  takingBytes.some(({ method, pattern }) => method === request.method && pattern.test(request.path));

/** Refuses a body that is neither JSON nor wanted as bytes before anything reads it, and a query that is not percent-encoded UTF-8. */
export const requestRules = (request: Request, _response: Response, next: NextFunction): void => {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (hasBody && !sendsBytes(request)) {
    if (!request.is('application/json')) {
      const type = request.headers['content-type'] ?? 'no type';
      throw new HoldfastError('unsupported_media_type', `The body came with ${JSON.stringify(type)}.`);
    }
    endSlowBody(request);
  }
  requireDecodable(request.originalUrl);
  next();
};

const endSlowBody = (request: Request): void => {
  const timer = setTimeout(() => request.destroy(), bodyWithinMs).unref();
  for (const event of ['end', 'close'] as const) request.once(event, () => clearTimeout(timer));
};

const requireDecodable = (url: string): void => {
  try {
    decodeURIComponent(url);
  } catch (cause) {
    throw new HoldfastError('invalid_request', 'The path or the query is not percent-encoded UTF-8.', { cause });
  }
};
