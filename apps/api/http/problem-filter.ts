import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problemMedia, type Problem } from '#contracts/http/problem.js';
import { errorCatalogue } from '#domain/errors/catalogue.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Logger } from '#observability/logger.js';
import { asHoldfastError, methodsAt } from './known-errors.js';
import { requestIdOf } from './request-id.js';

/** Seconds after which a client may try again what failed because something was away. */
const retryAfter = '2';

/** Every error leaves as problem+json; what is our fault, or can be told to nobody, is logged here, once. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** `realm` is how a client that must log in is asked to. */
  answer(thrown: unknown, request: Request, response: Response, realm = 'Bearer realm="holdfast"'): void {
    const error = asHoldfastError(thrown, request);
    const { status } = errorCatalogue[error.code];
    // Nobody is told of what goes wrong in the middle of an answer: then the log is where it is found.
    if (status >= 500 || response.headersSent)
      this.logger.error({ requestId: requestIdOf(request), code: error.code, err: thrown }, 'failed');
    // Half an answer is out already: cutting the connection is the only way left to say that it is not whole.
    if (response.headersSent) return void response.destroy();
    if (status === 401) response.setHeader('WWW-Authenticate', realm);
    if (status === 405) response.setHeader('Allow', methodsAt(request.path).join(', '));
    if (status === 503) response.setHeader('Retry-After', retryAfter);
    response
      .status(status)
      .type(problemMedia)
      .send(JSON.stringify(problemOf(error, requestIdOf(request))));
  }
}

const problemOf = (error: HoldfastError, requestId: string): Problem => {
  const { status, title } = errorCatalogue[error.code];
  const problem: Problem = {
    type: `urn:holdfast:error:${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    remedy: error.remedy,
    requestId,
  };
  return error.problems.length > 0 ? { ...problem, errors: [...error.problems] } : problem;
};
