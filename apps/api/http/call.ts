import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { BodyOf, ParamsOf, QueryOf, Route } from '#contracts/http/route.js';
import { callerOf, type Caller } from './caller.js';
import { routeOf } from './bound-route.js';
import { parseInput } from './input.js';

/** One request to a route: who asks, and what was sent, parsed by the route's schemas. */
export interface Call<R extends Route> {
  readonly caller: Caller;
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly request: Request;
  readonly response: Response;
}

/** Hands the `Call` to a method with `@Handles`. Errors: `invalid_request`. */
export const Asked = createParamDecorator((_: unknown, context: ExecutionContext): Call<Route> => {
  const route = routeOf(context.getHandler());
  if (!route) throw new Error('@Asked() needs @Handles(route)');
  const http = context.switchToHttp();
  const request = http.getRequest<Request>();
  return { caller: callerOf(request), request, response: http.getResponse<Response>(), ...parseInput(route, request) };
});
