/* global AbortController */
// Builds the benchmarks of test/bench beside the product and runs them on servers of their own.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, prepare, root, run } from './prepare.mjs';

await prepare();
await mustRun(join(root, 'node_modules/.bin/swc'), ['test/bench', 'test/support', '-d', 'dist', '--quiet']);
const program = join(root, 'dist/test/bench/main.js');
if (!existsSync(program)) throw new Error('test/bench/main.ts is missing');

const { Progress } = await import(join(root, 'dist/apps/setup/progress.js'));
const { startTestServices } = await import(join(root, 'dist/apps/setup/test-services.js'));
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
const services = await startTestServices(new Progress(), interruption.signal);
try {
  const flags = ['--enable-source-maps', '--expose-gc', program, ...process.argv.slice(2)];
  process.exitCode = await run(process.execPath, flags, services.environment);
} finally {
  await services.stop();
}
