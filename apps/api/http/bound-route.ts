import type { Route } from '#contracts/http/route.js';

export const routeKey = Symbol('route');

/** The route that a method was bound to; undefined for a method without `@Handles`. */
export const routeOf = (handler: object): Route | undefined =>
  Reflect.getMetadata(routeKey, handler) as Route | undefined;
