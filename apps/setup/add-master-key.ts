import { appendFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { parseMasterKeys } from '#operations/secrets/master-key.js';
import { composeRestart, isComposeHome } from './compose-home.js';
import { runCommand } from './main-program.js';
import { readIfPresent } from './secret-file.js';

const usage = {
  command: 'npm run key:add',
  does: "Adds a new version to the master key's file, behind those that are there (docs/backups.md, A new master key).",
  options: {},
} as const;

/** Adds a key to the master key's file, behind the ones that are there. The processes of Holdfast take it when they start again. */
const addMasterKey = (): void => {
  const { home, masterKeyFile } = loadConfiguration(processEnvironment());
  const text = readIfPresent(masterKeyFile);
  if (text === null) throw new HoldfastError('setup_failed', `There is no ${masterKeyFile}; \`npm run up\` makes it.`);
  const version = Math.max(...parseMasterKeys(text).map((key) => key.version)) + 1;
  const separator = text.endsWith('\n') ? '' : '\n';
  appendFileSync(masterKeyFile, `${separator}${version}:${randomBytes(32).toString('base64')}\n`);
  const restart = isComposeHome(home) ? composeRestart : 'npm run restart';
  console.log(`Version ${version} was added to ${masterKeyFile}. Keep a copy of the file apart from the backups.`);
  console.log(`Now: ${restart} && npx holdfast sweep:keys`);
};

await runCommand(usage, async () => addMasterKey());
