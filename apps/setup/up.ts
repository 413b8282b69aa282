import { bringUp } from './bring-up.js';
import { runCommand } from './main-program.js';
import { ensureStandalone } from './standalone-process.js';

const usage = {
  command: 'npm run up',
  does: `Starts Holdfast with all that it stands on, and makes what is missing. Running it again changes nothing.
It is set by variables (docs/configuration.md).`,
  options: {},
} as const;

await runCommand(usage, (progress, signal) => bringUp(ensureStandalone, progress, signal));
