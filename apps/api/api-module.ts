import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuditController } from './audit/audit-controller.js';
import { BackupPolicyController } from './backup-policies/backup-policy-controller.js';
import { BackupPolicyService } from './backup-policies/backup-policy-service.js';
import { BackupController } from './backups/backup-controller.js';
import { BackupExports } from './backups/backup-exports.js';
import { BackupService } from './backups/backup-service.js';
import { CertificateController } from './certificates/certificate-controller.js';
import { CertificateService } from './certificates/certificate-service.js';
import { DatabaseController } from './databases/database-controller.js';
import { LiveStatus } from './databases/live-status.js';
import { DatabaseService } from './databases/database-service.js';
import { EnvironmentController } from './environments/environment-controller.js';
import { EnvironmentService } from './environments/environment-service.js';
import { AccessGuard } from './http/access-guard.js';
import { ApiContext, type ApiParts } from './http/api-context.js';
import type { Authentication } from './http/authentication.js';
import { requireEveryRoute } from './http/every-route.js';
import { Changes } from './http/idempotency.js';
import { ImportController } from './imports/import-controller.js';
import { ImportService } from './imports/import-service.js';
import { LifecycleController } from './lifecycle/lifecycle-controller.js';
import { LifecycleService } from './lifecycle/lifecycle-service.js';
import { OperationController } from './operations/operation-controller.js';
import { OperationFeed } from './operations/operation-feed.js';
import { OperationFollower } from './operations/operation-follower.js';
import { OperationService } from './operations/operation-service.js';
import { SettingsController } from './settings/settings-controller.js';
import { SettingsService } from './settings/settings-service.js';
import { SweepController } from './sweeps/sweep-controller.js';
import { SweepService } from './sweeps/sweep-service.js';
import { SystemController } from './system/system-controller.js';
import { TokenController } from './tokens/token-controller.js';
import { TokenService } from './tokens/token-service.js';
import { VersionController } from './versions/version-controller.js';

@Module({})
export class ApiModule {}

export const controllers = [
  VersionController,
  EnvironmentController,
  DatabaseController,
  CertificateController,
  SettingsController,
  OperationController,
  BackupController,
  ImportController,
  BackupPolicyController,
  SweepController,
  LifecycleController,
  AuditController,
  TokenController,
  SystemController,
];

/** The only place where Nest meets the services: each is made here, by its plain constructor. */
export const apiModule = (parts: ApiParts, authentication: Authentication): DynamicModule => {
  requireEveryRoute(controllers);
  const { control } = parts;
  const feed = new OperationFeed(parts.databaseUrl);
  const live = new LiveStatus(control, parts.databaseUrl);
  const changes = new Changes(control);
  const provided = [
    new ApiContext(parts),
    changes,
    new EnvironmentService(control),
    live,
    new DatabaseService(control, live),
    new CertificateService(control),
    new SettingsService(control),
    new SweepService(control),
    new LifecycleService(control),
    new OperationService(control),
    new BackupPolicyService(control),
    new BackupService(control),
    new BackupExports(control, parts.backups),
    new ImportService(control, parts.backups, changes),
    feed,
    new OperationFollower(control.db, feed),
    new TokenService(control, authentication),
  ];
  return {
    module: ApiModule,
    controllers,
    providers: [
      ...provided.map((instance) => ({ provide: instance.constructor, useValue: instance })),
      { provide: APP_GUARD, useValue: new AccessGuard(authentication) },
    ],
  };
};
