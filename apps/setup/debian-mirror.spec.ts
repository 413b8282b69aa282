import { describe, expect, it } from '@jest/globals';
import { mirrorFrom, sourcesOf } from './debian-mirror.js';

const lines = (...pairs: [string, string][]) => pairs.map((pair) => `${pair.join('\t')}\n`).join('');

describe('mirrorFrom', () => {
  it('finds the archive and the security archive among others', () => {
    const printed = lines(['Other', 'http://other/'], ['Debian-Security', 'http://sec/'], ['Debian', 'http://main/']);
    expect(mirrorFrom(printed)).toEqual({ main: 'http://main/', security: 'http://sec/' });
  });

  it('does without a security archive, and finds nothing on another distribution', () => {
    expect(mirrorFrom(lines(['Debian', 'http://main/']))).toEqual({ main: 'http://main/', security: null });
    expect(mirrorFrom(lines(['Ubuntu', 'http://main/']))).toBeNull();
    expect(mirrorFrom('')).toBeNull();
  });
});

describe('sourcesOf', () => {
  it('names both archives of the suite', () => {
    expect(sourcesOf({ main: 'http://main/', security: 'http://sec/' }, 'trixie')).toEqual([
      'deb http://main/ trixie main',
      'deb http://sec/ trixie-security main',
    ]);
  });
});
