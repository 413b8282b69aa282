import type { Type } from '@nestjs/common';
import { allRoutes } from '#contracts/http/routes.js';
import { routeOf } from './bound-route.js';

/** Stops the start when a route of the catalogue has no handler or two, or when a controller answers what the catalogue does not know. */
export const requireEveryRoute = (controllers: readonly Type[]): void => {
  const handled = controllers.flatMap(routesOf);
  for (const route of allRoutes) {
    const count = handled.filter((id) => id === route.id).length;
    if (count !== 1) throw new Error(`The route ${route.id} has ${count} handlers`);
  }
};

const routesOf = (controller: Type): string[] => {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(controller.prototype as object));
  return methods.flatMap(([name, { value }]) => {
    if (typeof value !== 'function' || name === 'constructor') return [];
    const route = routeOf(value as object);
    // Nest marks whatever it would route; without a route of the catalogue there would be no permission to ask for.
    if (!route && Reflect.hasMetadata('path', value as object))
      throw new Error(`${controller.name}.${name} is no route`);
    return route ? [route.id] : [];
  });
};
