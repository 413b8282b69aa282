import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore } from '#engine/stores/directory-store.js';
import { describeObjectStore } from './object-store.suite.js';

describeObjectStore('directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  const cleanUp = async () => rmSync(directory, { recursive: true });
  return { store: new DirectoryStore(join(directory, 'backups'), true), cleanUp };
});
