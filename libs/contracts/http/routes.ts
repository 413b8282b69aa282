import { auditRoutes } from './audit.js';
import { backupPolicyRoutes } from './backup-policies.js';
import { backupRoutes } from './backups.js';
import { certificateRoutes } from './certificates.js';
import { databaseRoutes } from './databases.js';
import { environmentRoutes } from './environments.js';
import { importRoutes } from './imports.js';
import { lifecycleRoutes } from './lifecycle.js';
import { operationRoutes } from './operations.js';
import type { Route } from './route.js';
import { settingsRoutes } from './settings.js';
import { sweepRoutes } from './sweeps.js';
import { systemRoutes } from './system.js';
import { tokenRoutes } from './tokens.js';
import { versionRoutes } from './versions.js';

/** The route catalogue: what the API answers, and nothing else does. A route without a handler stops the start. */
export const routes = {
  ...versionRoutes,
  ...environmentRoutes,
  ...databaseRoutes,
  ...certificateRoutes,
  ...settingsRoutes,
  ...operationRoutes,
  ...backupRoutes,
  ...importRoutes,
  ...backupPolicyRoutes,
  ...sweepRoutes,
  ...lifecycleRoutes,
  ...auditRoutes,
  ...tokenRoutes,
  ...systemRoutes,
};

export const allRoutes: readonly Route[] = Object.values(routes);
