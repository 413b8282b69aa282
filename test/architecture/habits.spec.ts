import { describe, expect, it } from '@jest/globals';
import { filesBelow, linesWith, production, sources, textOf } from './source-files.js';

const own = 'test/architecture/habits.spec.ts';
const others = sources.filter((path) => path !== own);
const scripts = [...filesBelow(['scripts'], '.mjs'), ...filesBelow(['images', '.ci'], '')];

const lengths = (paths: readonly string[]): number[] =>
  paths.map((path) => textOf(path).split('\n').length - 1).sort((a, b) => a - b);
const share = (sorted: readonly number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? 0;

describe('the size of files', () => {
  it('is at most 300 lines', () => {
    expect([...sources, ...scripts].filter((path) => textOf(path).split('\n').length - 1 > 300)).toEqual([]);
  });

  it('is small for nearly all: the median and the ninth tenth of the guide', () => {
    const sorted = lengths(production);
    expect(share(sorted, 0.5)).toBeLessThanOrEqual(60);
    expect(share(sorted, 0.9)).toBeLessThanOrEqual(180);
  });
});

describe('names', () => {
  it('say what a folder or file knows', () => {
    const vague = /(^|\/)(utils?|common|helpers?|shared|misc|src|lib)(\/|\.[a-z]+$|-)/;
    expect([...sources, ...scripts].filter((path) => vague.test(path))).toEqual([]);
  });

  it('are lower case with hyphens', () => {
    expect(sources.filter((path) => /[A-Z_]/.test(path))).toEqual([]);
  });
});

describe('habits', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['no `any`', others, /(:|<|\bas) any\b(?!\s+\w)/],
    ['no mocks', others, /jest\.(mock|spyOn|fn|unstable_mockModule)\b/],
    ['nothing left to do', [...others, ...scripts], /\b(TODO|FIXME|XXX|HACK)\b/],
    ['no type errors kept quiet', others, /@ts-(ignore|expect-error|nocheck)/],
    ['no disabled rule without its reason', others, /eslint-disable(?!.*-- )/],
    ['no test that runs alone', others, /\b(describe|it|test)\.only\b/],
    [
      'no host of a package registry',
      [...others, ...scripts, 'package.json', 'package-lock.json'],
      /registry\.npmjs|npmjs\.org|deb\.debian\.org|pypi\.org/,
    ],
  ])('%s', (_, paths, pattern) => {
    expect(linesWith(paths, pattern)).toEqual([]);
  });

  it('the environment is read in one place', () => {
    const readers = linesWith(production, /process\.env\b/).filter((line) => !line.startsWith('libs/configuration/'));
    expect(readers).toEqual([]);
  });

  it('the console is written to by programs, never by libraries', () => {
    expect(
      linesWith(
        production.filter((path) => path.startsWith('libs/')),
        /console\./,
      ),
    ).toEqual([]);
  });

  it('the domain asks no clock and throws no dice', () => {
    const domain = production.filter((path) => path.startsWith('libs/domain/'));
    expect(linesWith(domain, /Date\.now\(|new Date\(\)|Math\.random|performance\.|randomUUID|setTimeout/)).toEqual([]);
  });

  it('a processor has at most 15 lines', () => {
    const text = textOf('libs/queue/operation-worker.module.ts');
    const body = text.slice(text.indexOf('override async process'), text.indexOf('return KindProcessor'));
    expect(body.trim().split('\n').length).toBeLessThanOrEqual(15);
  });
});
