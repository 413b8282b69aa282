// Fails when a generated part of docs/ is not what the code says. `node scripts/generate-docs.mjs` mends that.
import { prepare } from './prepare.mjs';

await prepare();
const { causesIn, documents } = await import('./documents.mjs');
const { verbs } = await import('../dist/apps/cli/verbs.js');

const checked = await documents(verbs);
const problems = [
  ...checked.filter(({ found, wanted }) => found !== wanted).map(({ name }) => `${name} is behind the code`),
  ...checked.flatMap(({ name, wanted }) =>
    [...causesIn(wanted)]
      .filter(([, cause]) => cause === '')
      .map(([code]) => `${name} does not say what causes ${code}`),
  ),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) console.error('`node scripts/generate-docs.mjs` writes the generated parts anew.');
process.exitCode = problems.length > 0 ? 1 : 0;
