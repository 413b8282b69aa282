import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { bringUp } from './bring-up.js';
import { composeRestart, isComposeHome } from './compose-home.js';
import { runCommand } from './main-program.js';
import { restartStandalone } from './standalone-process.js';

const usage = {
  command: 'npm run restart',
  does: `Stops Holdfast's own process and starts it again, so that it reads its configuration, keys and stores anew.
Postgres, the queue, the edge and the databases go on. If nothing runs, it does what \`npm run up\` does.
It is set by variables, as \`npm run up\` is: give it the same ones (docs/configuration.md).`,
  options: {},
} as const;

/** What `up` does goes before the stop: settings that it refuses leave the process running that there is. */
await runCommand(usage, async (progress, signal) => {
  const { home } = loadConfiguration(processEnvironment());
  if (isComposeHome(home))
    throw new HoldfastError('setup_failed', `docker compose runs the installation in ${home}.`, {
      remedy: `Restart its services: \`${composeRestart}\`.`,
    });
  await bringUp(restartStandalone, progress, signal);
});
