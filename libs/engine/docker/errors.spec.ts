import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { DeadlineReached } from '../wait/deadline.js';
import { toHoldfastError, whenStatus } from './errors.js';

const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${String(statusCode)}) unexpected - ${message} `), {
    statusCode,
    json: { message },
  });
const socketError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('toHoldfastError', () => {
  it.each(['ENOENT', 'EACCES', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])(
    'reads %s as an engine that cannot be reached',
    (code) => {
      expect(toHoldfastError(socketError(code), 'start x')).toMatchObject({ code: 'engine_unreachable' });
    },
  );

  it('reads a passed deadline as an engine that cannot be reached', () => {
    const error = toHoldfastError(new DeadlineReached(50), 'start x');
    expect(error).toMatchObject({
      code: 'engine_unreachable',
      detail: 'start x: the engine does not answer within 50 ms',
    });
  });

  it('tells a full disk from other failures of the same status', () => {
    expect(toHoldfastError(answer(500, 'write /x: no space left on device'), 'write')).toMatchObject({
      code: 'disk_full',
    });
    expect(toHoldfastError(answer(500, 'server misconfigured'), 'write')).toMatchObject({
      code: 'engine_error',
      detail: 'write: server misconfigured',
    });
  });

  it('keeps the cause, and leaves an error of ours alone', () => {
    const cause = answer(400, 'bad');
    expect(toHoldfastError(cause, 'x').cause).toBe(cause);
    const own = new HoldfastError('disk_full', 'x');
    expect(toHoldfastError(own, 'y')).toBe(own);
  });
});

describe('whenStatus', () => {
  const notFound = toHoldfastError(answer(404, 'No such container: x'), 'inspect');

  it('answers for its own status only', () => {
    expect(whenStatus(404, () => null)(notFound)).toBeNull();
    expect(() => whenStatus(409, () => null)(notFound)).toThrow(notFound);
  });

  it('does not read an unreachable engine as an answer', () => {
    const unreachable = toHoldfastError(socketError('ENOENT'), 'inspect');
    expect(() => whenStatus(404, () => null)(unreachable)).toThrow(unreachable);
  });
});
