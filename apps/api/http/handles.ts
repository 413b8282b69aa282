import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { AnswerOf, Route } from '#contracts/http/route.js';
import { routeKey } from './bound-route.js';
import type { Call } from './call.js';

const methods: Record<Route['method'], RequestMethod> = {
  get: RequestMethod.GET,
  post: RequestMethod.POST,
  put: RequestMethod.PUT,
  patch: RequestMethod.PATCH,
  delete: RequestMethod.DELETE,
};

/** A handler that writes the answer by itself takes the response as well, which tells Nest to leave it alone. */
type Handler<R extends Route> = (call: Call<R>, response: never) => AnswerOf<R> | Promise<AnswerOf<R>>;

/** Binds a method to a route of the catalogue: method, path, status, permission and parsing follow from it, and its types must fit. */
export const Handles =
  <R extends Route>(route: R) =>
  <M extends Handler<R>>(target: object, key: string, descriptor: TypedPropertyDescriptor<M>): void =>
    applyDecorators(
      SetMetadata(routeKey, route),
      RequestMapping({ method: methods[route.method], path: expressPath(route.path) }),
      HttpCode(route.answer.status),
    )(target, key, descriptor);

/** `/v1/databases/{id}` → `/v1/databases/:id` */
const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');
