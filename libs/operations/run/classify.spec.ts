import { describe, expect, it } from '@jest/globals';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { backoffMs, operationKindNames, operationKinds } from '#domain/operation/kinds.js';
import { LeaseLost } from '#persistence/operations/transition.js';
import { classify } from './classify.js';
import { Interruption } from './context.js';

const running = new AbortController().signal;

const interruptedBy = (why: Interruption['why']): AbortSignal => {
  const controller = new AbortController();
  controller.abort(new Interruption(why));
  return controller.signal;
};

describe('classify', () => {
  it.each(Object.keys(errorCatalogue) as ErrorCode[])('%s ends as the catalogue says', (code) => {
    const error = new HoldfastError(code, 'detail');
    const verdict = classify('provision', 1, error, running);
    if (error.code === 'store_unreachable') expect(['abandon', 'retry']).toContain(verdict.end);
    else expect(verdict.end).toBe(error.disposition);
  });

  it.each(operationKindNames)('tries %s again with longer and longer waits, up to its attempts', (kind) => {
    const { attempts } = operationKinds[kind];
    const error = new HoldfastError('engine_unreachable', 'No answer.');
    for (let attempt = 1; attempt < attempts; attempt++) {
      expect(classify(kind, attempt, error, running)).toEqual({
        end: 'retry',
        error,
        delayMs: backoffMs(kind, attempt),
      });
    }
    expect(classify(kind, attempts, error, running)).toMatchObject({
      end: 'fail',
      error: {
        code: error.code,
        cause: error,
        remedy: expect.stringContaining(kind === 'import' ? 'new import' : 'retry'),
      },
    });
  });

  it.each(['no route (EHOSTUNREACH)', 'no route (EHOSTUNREACH).'])(
    'says after "%s" which attempt was the last',
    (detail) => {
      const thrown = new HoldfastError('backup_store_unreachable', detail);
      expect(classify('backup-snapshot', 10, thrown, running)).toMatchObject({
        error: { detail: 'no route (EHOSTUNREACH). Attempt 10 was the last.' },
      });
    },
  );

  it.each([
    ['shutdown', 'release'],
    ['cancel', 'cancel'],
    ['lease-lost', 'abandon'],
  ] as const)('an attempt that was interrupted by %s ends in %s, whatever was thrown on the way', (why, end) => {
    for (const thrown of [new Interruption(why), new Error('socket hang up'), new HoldfastError('engine_error', 'x')])
      expect(classify('provision', 1, thrown, interruptedBy(why)).end).toBe(end);
  });

  it('an attempt past its deadline fails for good', () => {
    expect(classify('provision', 1, new Error('aborted'), interruptedBy('deadline'))).toMatchObject({
      end: 'fail',
      error: { code: 'operation_timeout' },
    });
  });

  it.each([
    ['its deadline', new Error('aborted'), interruptedBy('deadline')],
    ['a full disk', new HoldfastError('disk_full', 'No room.'), running],
  ])('an import that %s ended is asked for anew, not retried', (_, thrown, signal) => {
    expect(classify('import', 1, thrown, signal)).toMatchObject({
      error: { remedy: expect.stringMatching(/then ask for a new import\.$/) },
    });
    expect(classify('restore', 1, thrown, signal)).toMatchObject({
      error: { remedy: expect.stringMatching(/then retry the operation\.$/) },
    });
  });

  it('writes nothing any more without a lease, whatever else was asked for', () => {
    expect(classify('provision', 1, new LeaseLost(), running)).toEqual({ end: 'abandon' });
    expect(classify('provision', 1, new LeaseLost(), interruptedBy('cancel'))).toEqual({ end: 'abandon' });
  });

  it('tries again after what nobody expected, and keeps its cause', () => {
    const thrown = new TypeError('x is not a function');
    const verdict = classify('provision', 1, thrown, running);
    expect(verdict).toMatchObject({ end: 'retry', error: { code: 'internal_error', cause: thrown } });
  });
});
