import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

/** Places where nobody is killed yet: a sweep for drift changes no server, and what it has not written the next one writes. */
const leftOut = /^drift:/;

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly { readonly title: string }[] }[];
}

/** The runner itself says which tests there are, without running any: no list can say that a test is there which is not. */
const titlesOfTests = async (): Promise<ReadonlySet<string>> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-fault-tests-'));
  try {
    const report = join(folder, 'report.json');
    const none = ['--testNamePattern', '^$', '--json', '--outputFile', report];
    const jest = ['node_modules/jest/bin/jest.js', '--selectProjects', 'faults', '--runInBand', ...none];
    await promisify(execFile)(
      process.execPath,
      ['--experimental-vm-modules', '--no-warnings', ...jest, '--', 'test/faults/kill-'],
      { cwd: root, env: { ...process.env, HOLDFAST_TEST_FAULTS: 'all' } },
    );
    const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
    return new Set(testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title }) => title)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

describe('the list of fault points', () => {
  it('has every place that the code can come to, and no other', () => {
    expect([...new Set([...steps, ...reachedInSource()])].sort()).toEqual([...faultPointNames].sort());
  });

  it('has a test for every place, in which a process dies there', async () => {
    const titles = await titlesOfTests();
    expect(faultPointNames.filter((point) => !titles.has(point) && !leftOut.test(point))).toEqual([]);
    expect(faultPointNames.filter((point) => titles.has(point) && leftOut.test(point))).toEqual([]);
  }, 180_000);

  it('is all that a process can be told to die at', () => {
    expect(() => armFault('provision:nowhere')).toThrow('There is no fault point');
  });
});
