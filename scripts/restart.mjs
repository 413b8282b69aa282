import { runSetup } from './prepare.mjs';

await runSetup('restart', process.argv.slice(2));
