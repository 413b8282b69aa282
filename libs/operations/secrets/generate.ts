import { createHash, randomInt } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits only, so that it needs no quoting in a URL, a shell or a configuration file. */
const randomText = (length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');

/** 32 characters: 190 bits. */
export const generatePassword = (): string => randomText(32);

export const generateToken = (): string => `hf_${randomText(40)}`;

/** Tokens are random, so a plain hash is enough to keep them from being read back. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');
