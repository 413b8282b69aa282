import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { bootstrap } from './bootstrap.js';
import { runProgram } from './main-program.js';

/** The one-off service of docker-compose.yml between the servers and the apps: schema, authority, owner token. */
await runProgram(async (progress) => {
  const configuration = loadConfiguration(processEnvironment());
  await bootstrap(configuration, progress);
  progress.note(`The owner token is in ${configuration.home}/owner.token`);
});
