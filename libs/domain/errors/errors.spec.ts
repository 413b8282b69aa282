import { describe, expect, it } from '@jest/globals';
import { errorCatalogue, type ErrorCode } from './catalogue.js';
import type { ErrorEntry } from './entry.js';
import { HoldfastError, isHoldfastError } from './holdfast-error.js';

const entries = Object.entries(errorCatalogue) as [ErrorCode, ErrorEntry][];

describe('the error catalogue', () => {
  it.each(entries)('%s is complete', (code, { status, title, remedy }) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*[.]$/);
  });

  it('tries again only what is not the fault of the request', () => {
    const transient = entries.filter(([, { disposition }]) => disposition === 'retry');
    expect(transient.filter(([, { status }]) => status < 500)).toEqual([]);
  });
});

describe('HoldfastError', () => {
  const cause = new Error('socket');
  const error = new HoldfastError('engine_unreachable', 'No answer.', { cause });

  it('carries what the catalogue says of its code', () => {
    expect(error).toMatchObject({
      message: 'engine_unreachable: No answer.',
      disposition: 'retry',
      cause,
      problems: [],
    });
    expect(error.remedy).toBe(errorCatalogue.engine_unreachable.remedy);
  });

  it('is recognised by its code', () => {
    expect([isHoldfastError(error), isHoldfastError(error, 'engine_unreachable')]).toEqual([true, true]);
    expect([isHoldfastError(error, 'disk_full'), isHoldfastError(cause)]).toEqual([false, false]);
  });
});
