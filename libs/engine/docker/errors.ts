import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { DeadlineReached } from '../wait/deadline.js';

/** Codes of a socket that leads nowhere or broke off: the engine is down, starting, or not ours to reach. */
const unreachableCodes = new Set([
  'ENOENT',
  'EACCES',
  'ENOTSOCK',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** What a failed engine call means. `doing` says in words what was tried. */
export const toHoldfastError = (error: unknown, doing: string): HoldfastError => {
  if (error instanceof HoldfastError) return error;
  if (error instanceof DeadlineReached) {
    const detail = `${doing}: the engine does not answer within ${String(error.deadlineMs)} ms`;
    return new HoldfastError('engine_unreachable', detail, { cause: error });
  }
  const message = messageOf(error);
  if (answerStatus(error) === undefined && unreachableCodes.has(socketCode(error))) {
    return new HoldfastError('engine_unreachable', `${doing}: ${message}`, { cause: error });
  }
  return new HoldfastError(saysDiskFull(message) ? 'disk_full' : 'engine_error', `${doing}: ${message}`, {
    cause: error,
  });
};

/** For `.catch`: what the engine's answer with this HTTP status means to the caller; every other error goes on. */
export const whenStatus =
  <T>(status: number, then: (error: HoldfastError) => T | Promise<T>) =>
  (error: unknown): T | Promise<T> => {
    if (error instanceof HoldfastError && answerStatus(error.cause) === status) return then(error);
    throw error;
  };

export const strangerError = (kind: 'container' | 'volume' | 'network', name: string): HoldfastError =>
  new HoldfastError('name_taken_by_stranger', `${kind} ${name} exists on the host and is not ours`);

/**
 * The only place that reads an engine's words: a full disk has no status of its own (500, as any other failure),
 * and the kernel's text for ENOSPC is the same in every release.
 */
const saysDiskFull = (message: string): boolean => message.includes('no space left on device');

const answerStatus = (error: unknown): number | undefined => property(error, 'statusCode', 'number');

const socketCode = (error: unknown): string => property(error, 'code', 'string') ?? '';

/** The engine's own sentence where it sent one; dockerode's message repeats the status around it. */
const messageOf = (error: unknown): string =>
  property(property(error, 'json', 'object'), 'message', 'string') ??
  property(error, 'message', 'string')?.trim() ??
  String(error);

interface Kinds {
  number: number;
  string: string;
  object: object | null;
}

const property = <K extends keyof Kinds>(value: unknown, key: string, kind: K): Kinds[K] | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === kind ? (found as Kinds[K]) : undefined;
};
