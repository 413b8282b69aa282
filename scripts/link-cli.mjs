import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Makes `npx holdfast` work from the project's root. npm links the programs of dependencies, never the root package's own;
 * without the link npx would look for a package of that name in the registry.
 */
const root = new URL('../', import.meta.url);
const link = fileURLToPath(new URL('node_modules/.bin/holdfast', root));

chmodSync(fileURLToPath(new URL('dist/apps/cli/main.js', root)), 0o755);
mkdirSync(fileURLToPath(new URL('node_modules/.bin/', root)), { recursive: true });
rmSync(link, { force: true });
symlinkSync('../../dist/apps/cli/main.js', link);
