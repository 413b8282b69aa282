import { runSetup } from './prepare.mjs';

await runSetup('add-master-key', process.argv.slice(2));
