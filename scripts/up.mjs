import { runSetup } from './prepare.mjs';

await runSetup('up', process.argv.slice(2));
