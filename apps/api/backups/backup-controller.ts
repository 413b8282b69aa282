import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { operationPath } from '../operations/operation-view.js';
import { BackupExports } from './backup-exports.js';
import { BackupService } from './backup-service.js';

@Controller()
export class BackupController {
  constructor(
    private readonly backups: BackupService,
    private readonly exports: BackupExports,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.listBackups)
  list(@Asked() { query }: Call<typeof routes.listBackups>) {
    return this.backups.list(query);
  }

  @Handles(routes.getBackup)
  show(@Asked() { params }: Call<typeof routes.getBackup>) {
    return this.backups.show(params.id);
  }

  @Handles(routes.exportBackup)
  async export(
    @Asked() { caller, params, request }: Call<typeof routes.exportBackup>,
    @Res() response: Response,
  ): Promise<void> {
    await this.exports.write(caller.actor, await this.backups.row(params.id), request, response);
  }

  @Handles(routes.patchBackup)
  patch(@Asked() { caller, params, body }: Call<typeof routes.patchBackup>) {
    return this.backups.patch(caller.actor, params.id, body);
  }

  @Handles(routes.requestBackupOperation)
  request(@Asked() call: Call<typeof routes.requestBackupOperation>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.backups.request(tx, call.caller, call.params.id, call.body);
      return { body, location: operationPath(body.id) };
    });
  }
}
