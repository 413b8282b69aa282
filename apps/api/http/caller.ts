import type { IncomingMessage } from 'node:http';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { allows, type Permission } from '#domain/permissions/permission.js';

/** Who sent a request. */
export interface Caller {
  /** As the history names it. */
  readonly actor: string;
  /** Tells callers of one name apart. */
  readonly id: string;
  readonly permissions: readonly Permission[];
}

/** Of routes that need no login. */
const nobody: Caller = { actor: 'anonymous', id: 'anonymous', permissions: [] };

const callers = new WeakMap<IncomingMessage, Caller>();

export const setCaller = (request: IncomingMessage, caller: Caller): void => void callers.set(request, caller);

export const callerOf = (request: IncomingMessage): Caller => callers.get(request) ?? nobody;

/** Errors: `permission_denied`, naming the permission. */
export const requirePermission = (caller: Caller, needed: Permission): void => {
  if (allows(caller.permissions, needed)) return;
  throw new HoldfastError('permission_denied', `This needs the permission "${needed}", which ${caller.actor} lacks.`);
};
