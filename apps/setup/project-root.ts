import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json: this file runs from `dist/` as well as from its source in tests. */
export const projectRoot = (() => {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package-lock.json')) && directory !== '/') directory = dirname(directory);
  return directory;
})();
