import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { armFault, faultPointNames } from '#observability/fault-points.js';
import { kindRunners } from '#operations/kinds/registry.js';

const root = join(import.meta.dirname, '../..');

const sources = (): string[] =>
  ['libs', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.endsWith('fault-points.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  );

/** `'create:files-written'` as it stands, a template such as `${kind}:woken` once for each kind. */
const reachedInSource = (): string[] => {
  const text = sources().join('\n');
  const literals = [
    ...text.matchAll(/'((?:create|replace|switch|drift|edge|compensation|relay|rescue):[a-z-]+)'/g),
  ].map(([, name]) => name ?? '');
  const reached = [...text.matchAll(/faultPoints\.reached\('([a-z-]+:[a-z-]+)'\)/g)].map(([, name]) => name ?? '');
  const moments = [...text.matchAll(/faultPoints\.reached\(`\$\{[a-z.]*kind\}:([a-z-]+)`\)/g)].map(
    ([, moment]) => moment ?? '',
  );
  return [
    ...literals,
    ...reached,
    ...moments.flatMap((moment) => Object.keys(kindRunners).map((kind) => `${kind}:${moment}`)),
  ];
};

const steps = Object.entries(kindRunners).flatMap(([kind, runner]) =>
  runner.steps.flatMap((action) => ['begun', 'acted', 'recorded'].map((moment) => `${kind}:${action}:${moment}`)),
);

describe('the list of fault points', () => {
  it('has every place that the code can come to, and no other', () => {
    expect([...new Set([...steps, ...reachedInSource()])].sort()).toEqual([...faultPointNames].sort());
  });

  it('is all that a process can be told to die at', () => {
    expect(() => armFault('provision:nowhere')).toThrow('There is no fault point');
  });
});
