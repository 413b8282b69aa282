import { appendFileSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { loadConfiguration } from '#configuration/configuration.js';
import { processEnvironment } from '#configuration/environment.js';
import { parseMasterKeys } from '#operations/secrets/master-key.js';

/** Adds a key to the master key's file, behind the ones that are there. The processes of Holdfast take it when they start again. */
const { masterKeyFile } = loadConfiguration(processEnvironment());
const text = readFileSync(masterKeyFile, 'utf8');
const version = Math.max(...parseMasterKeys(text).map((key) => key.version)) + 1;
const separator = text.endsWith('\n') ? '' : '\n';
appendFileSync(masterKeyFile, `${separator}${version}:${randomBytes(32).toString('base64')}\n`);
console.log(`Version ${version} was added to ${masterKeyFile}. Keep a copy of the file apart from the backups.`);
console.log('Now: npm run down && npm run up && npx holdfast sweep:keys');
