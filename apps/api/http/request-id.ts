import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';

const ids = new WeakMap<IncomingMessage, string>();

/** The id under which a request is logged: the client's `X-Request-Id` when it is a plain word, else a new one. */
export const requestIdOf = (request: IncomingMessage): string => {
  const known = ids.get(request);
  if (known !== undefined) return known;
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
  ids.set(request, id);
  return id;
};
