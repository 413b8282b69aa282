import type { MasterKey } from './secret-box.js';

/** Reads `1:<base64 of 32 bytes>`, one key version in a line; the form of the master key's file and environment value. */
export const parseMasterKeys = (text: string): readonly MasterKey[] => {
  const keys = readLines(text);
  if (new Set(keys.map(({ version }) => version)).size === keys.length) return keys;
  throw new Error('A master key version is given twice');
};

const readLines = (text: string): readonly MasterKey[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [version = '', encoded = ''] = line.split(':');
      const key = Buffer.from(encoded, 'base64');
      if (!/^[1-9]\d*$/.test(version) || key.length !== 32) {
        throw new Error('A master key is a line of the form "<version>:<base64 of 32 bytes>"');
      }
      return { version: Number(version), key };
    });
