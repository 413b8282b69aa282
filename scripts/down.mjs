import { runSetup } from './prepare.mjs';

await runSetup('down', process.argv.slice(2));
