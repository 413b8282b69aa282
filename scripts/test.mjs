/* global AbortController */
// Runs the tiers of the test pyramid one after another on servers of their own, and ends with the line `N passed, N failed`.
//   npm test                     all tiers, with a part of the fault matrix
//   npm test -- unit contract    these tiers
//   npm run test:faults          the whole fault matrix
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { prepare, root, run } from './prepare.mjs';

const tiers = ['unit', 'architecture', 'contract', 'integration', 'e2e', 'faults'];
/** What a test or a hook may take that says nothing else: a busy machine is no failure. */
const patienceMs = 30_000;
/** Most files wait more than they work, so that two keep even a small machine busy. */
const atATime = Math.max(2, availableParallelism() - 1);
const needServices = new Set(['contract', 'integration', 'e2e', 'faults']);

const { values, positionals } = parseArgs({
  options: { faults: { type: 'boolean', default: false } },
  allowPositionals: true,
});
/** A runner that does not end, because of something that a failed test left open, is ended. The whole fault matrix takes hours. */
const longestTierMs = (values.faults ? 240 : 45) * 60_000;
const unknown = positionals.filter((tier) => !tiers.includes(tier));
if (unknown.length > 0) throw new Error(`There is no tier ${unknown.join(', ')}; there are ${tiers.join(', ')}`);
const chosen = values.faults ? ['faults'] : positionals.length > 0 ? positionals : tiers;

const runTier = async (tier, environment, reports) => {
  const startedAt = performance.now();
  const report = join(reports, `${tier}.json`);
  const flags = ['--selectProjects', tier, '--json', `--outputFile=${report}`, '--passWithNoTests'];
  flags.push(`--testTimeout=${patienceMs}`, `--maxWorkers=${atATime}`);
  if (values.faults) flags.push('--reporters=default', `--reporters=${join(root, 'scripts/each-test.mjs')}`);
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...flags];
  console.log(`\n== ${tier}`);
  const code = await run(process.execPath, jest, environment, longestTierMs);
  const result = resultOf(report, code);
  console.log(`== ${tier}: ${result.passed} passed, ${result.failed} failed in ${seconds(startedAt)}`);
  return result;
};

/** A file that could not even be loaded counts as a failure, and so does a runner that ended without a report. */
const resultOf = (report, code) => {
  if (!existsSync(report))
    return { passed: 0, failed: 1, failures: [`The runner ended with code ${code} and no report`] };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  const failures = testResults.flatMap(failuresOf);
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed, failures };
};

/** A line for each test of a file that failed, or for the file; with the beginning of its message. */
const failuresOf = ({ name, status, message, assertionResults }) => {
  if (status !== 'failed') return [];
  const tests = assertionResults.filter((test) => test.status === 'failed');
  const failed = tests.length > 0 ? tests : [{ fullName: 'the file itself', failureMessages: [message] }];
  return failed.map(
    ({ fullName, failureMessages }) =>
      `${relative(root, name)} > ${fullName}\n${beginningOf(failureMessages.join('\n'))}`,
  );
};

const beginningOf = (message) => {
  const lines = stripVTControlCharacters(message).split('\n');
  return lines
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
};

const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/** Null when no chosen tier needs them. */
const startServices = async (signal) => {
  if (!chosen.some((tier) => needServices.has(tier))) return null;
  const { Progress } = await import(join(root, 'dist/apps/setup/progress.js'));
  const { startTestServices } = await import(join(root, 'dist/apps/setup/test-services.js'));
  return startTestServices(new Progress(), signal);
};

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
process.once('SIGTERM', () => interruption.abort());

await prepare();
const startedAt = performance.now();
const services = await startServices(interruption.signal);
const reports = mkdtempSync(join(tmpdir(), 'holdfast-reports-'));
const total = { passed: 0, failed: 0, failures: [] };
try {
  const environment = { ...services?.environment, ...(values.faults ? { HOLDFAST_TEST_FAULTS: 'all' } : {}) };
  for (const tier of chosen) {
    if (interruption.signal.aborted) break;
    const { passed, failed, failures } = await runTier(tier, environment, reports);
    total.passed += passed;
    total.failed += failed;
    total.failures.push(...failures);
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
  await services?.stop();
}
console.log(`\nAll tiers: ${seconds(startedAt)}`);
if (interruption.signal.aborted || total.failed > 0 || total.passed === 0) process.exitCode = 1;
// Once more at the end: whoever keeps only the last lines of a log still learns what failed.
for (const failure of total.failures) console.log(`FAILED ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
