import { describe, expect, it } from '@jest/globals';
import { renderVerificationConfiguration } from './verification-configuration.js';

describe('redis.conf of a verification', () => {
  const chosen = { databases: '32', 'hash-max-listpack-entries': '4096', timeout: '5', save: '60 1' };

  it.each([
    ['6.0', 'hash-max-ziplist-entries 4096'],
    ['8.0', 'hash-max-listpack-entries 4096'],
  ])('on %s keeps values as compact as they were, by the line %s', (version, line) => {
    expect(renderVerificationConfiguration(version, 'aof', chosen).split('\n')).toContain(line);
  });

  it('has nothing else of what was chosen, and the most logical databases', () => {
    const plain = renderVerificationConfiguration('8.0', 'rdb').split('\n');
    const lines = renderVerificationConfiguration('8.0', 'rdb', chosen).split('\n');
    expect(lines.filter((line) => !plain.includes(line))).toEqual(['hash-max-listpack-entries 4096']);
    expect(plain).toContain('databases 256');
  });
});
