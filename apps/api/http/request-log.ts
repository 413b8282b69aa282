import type { NextFunction, Request, Response } from 'express';
import type { ObserveHttp } from '#observability/http-metrics.js';
import type { Logger } from '#observability/logger.js';
import { callerOf } from './caller.js';
import { requestIdOf } from './request-id.js';

/** One line and one observation for each request: no query, no body, no header. */
export const requestLog =
  (logger: Logger, observe: ObserveHttp) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    response.setHeader('X-Request-Id', requestId);
    response.once('close', () => {
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      const { method } = request;
      const status = response.statusCode;
      observe({ method, route: templateOf(request), status, durationMs });
      const [path] = request.originalUrl.split('?', 1);
      const line = { requestId, method, path, status, durationMs, actor: callerOf(request).actor };
      logger.info(response.writableFinished ? line : { ...line, aborted: true }, 'request');
    });
    next();
  };

/** `/v1/databases/:id`; one name for everything that matches no route. */
const templateOf = (request: Request): string => {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'none';
};
