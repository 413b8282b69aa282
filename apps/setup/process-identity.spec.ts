import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { identityOf } from './process-identity.js';

describe('identityOf', () => {
  const program = readFileSync('/proc/self/cmdline', 'utf8').split('\0')[0] ?? '';

  it('is the same for one run of a program', () => {
    const identity = identityOf(process.pid, program);
    expect(identity).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(identityOf(process.pid, program)).toBe(identity);
  });

  it('is null for another program with that pid, and for a pid of nobody', () => {
    expect(identityOf(process.pid, '/dist/apps/standalone/main.js')).toBeNull();
    expect(identityOf(2 ** 30, program)).toBeNull();
  });
});
