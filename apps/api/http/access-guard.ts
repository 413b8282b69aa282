import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Authentication } from './authentication.js';
import { requirePermission, setCaller } from './caller.js';
import { routeOf } from './bound-route.js';

/**
 * Stands before every route: whatever is not declared public needs a token with the permission that the route names.
 * Routes whose permission depends on the kind of operation ask for it once they know the kind.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly authentication: Authentication) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = routeOf(context.getHandler())?.access;
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.authentication.bearer(request.headers.authorization);
    requirePermission(caller, access === undefined || access === 'operation-kind' ? 'read' : access);
    setCaller(request, caller);
    return true;
  }
}
