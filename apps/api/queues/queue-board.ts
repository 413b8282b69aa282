import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Authentication } from '../http/authentication.js';
import { requirePermission, setCaller } from '../http/caller.js';
import type { ProblemFilter } from '../http/problem-filter.js';

export type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];

export const boardPath = '/queues';

/** Bull Board, read-only always: what it could do would bypass the history. */
export const queueBoard = (queues: readonly BoardQueue[]): RequestHandler => {
  const serverAdapter = new ExpressAdapter();
  serverAdapter.setBasePath(boardPath);
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue, { readOnlyMode: true })),
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Holdfast' } },
  });
  return serverAdapter.getRouter() as RequestHandler;
};

/** A bearer token, or in a browser any user name with a token as the password. */
export const boardLogin =
  (authentication: Authentication, problems: ProblemFilter) =>
  async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    try {
      const caller = await authentication.bearerOrBasic(request.headers.authorization);
      requirePermission(caller, 'read');
      setCaller(request, caller);
    } catch (error) {
      problems.answer(error, request, response, 'Basic realm="holdfast"');
      return;
    }
    next();
  };
