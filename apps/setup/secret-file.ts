import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';

export const newSecret = (): string => randomBytes(24).toString('base64url');

/** Writes a file that only its owner can read; it is either the old one or the new one, also when the machine fails meanwhile. */
export const writeSecretFile = (file: string, content: string, owner?: { uid: number; gid: number }): void => {
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  // A draft left by a run that broke off keeps its old mode otherwise.
  chmodSync(draft, 0o600);
  if (owner) chownSync(draft, owner.uid, owner.gid);
  renameSync(draft, file);
};

/** A directory that only this user can enter. */
export const makeOwnDirectory = (path: string, owner: { uid: number; gid: number } | null): void => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  if (owner) chownSync(path, owner.uid, owner.gid);
};

/** The content of a file, or null when there is none. */
export const readIfPresent = (file: string): string | null => (existsSync(file) ? readFileSync(file, 'utf8') : null);
