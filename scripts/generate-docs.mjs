// `npm run generate:docs`: writes the generated parts of docs/ anew.
import { writeFileSync } from 'node:fs';
import { prepare } from './prepare.mjs';

await prepare();
const { documents } = await import('./documents.mjs');
const { verbs } = await import('../dist/apps/cli/verbs.js');

for (const { path, name, found, wanted } of await documents(verbs)) {
  if (found === wanted) continue;
  writeFileSync(path, wanted);
  console.log(`${name} is written anew`);
}
