import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { BackupPolicyService } from './backup-policy-service.js';

@Controller()
export class BackupPolicyController {
  constructor(private readonly policies: BackupPolicyService) {}

  @Handles(routes.getBackupPolicy)
  show(@Asked() { params }: Call<typeof routes.getBackupPolicy>) {
    return this.policies.show(params.env);
  }

  @Handles(routes.putBackupPolicy)
  change(@Asked() { caller, params, body }: Call<typeof routes.putBackupPolicy>) {
    return this.policies.change(caller.actor, params.env, body);
  }

  @Handles(routes.getDatabaseBackupPolicy)
  showOwn(@Asked() { params }: Call<typeof routes.getDatabaseBackupPolicy>) {
    return this.policies.showOwn(params.id);
  }

  @Handles(routes.putDatabaseBackupPolicy)
  changeOwn(@Asked() { caller, params, body }: Call<typeof routes.putDatabaseBackupPolicy>) {
    return this.policies.changeOwn(caller.actor, params.id, body);
  }
}
