import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { operationPath } from '../operations/operation-view.js';
import { OperationService } from '../operations/operation-service.js';
import { DatabaseService } from './database-service.js';

@Controller()
export class DatabaseController {
  constructor(
    private readonly databases: DatabaseService,
    private readonly operations: OperationService,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.createDatabase)
  create(@Asked() call: Call<typeof routes.createDatabase>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.databases.create(tx, call.caller.actor, call.params.env, call.body);
      return { body, location: operationPath(body.operation.id) };
    });
  }

  @Handles(routes.listDatabases)
  list(@Asked() { query }: Call<typeof routes.listDatabases>) {
    return this.databases.list(query);
  }

  @Handles(routes.getDatabase)
  show(@Asked() { params }: Call<typeof routes.getDatabase>) {
    return this.databases.show(params.id);
  }

  @Handles(routes.patchDatabase)
  patch(@Asked() { caller, params, body }: Call<typeof routes.patchDatabase>) {
    return this.databases.patch(caller.actor, params.id, body);
  }

  @Handles(routes.requestOperation)
  request(@Asked() call: Call<typeof routes.requestOperation>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.operations.request(tx, call.caller, call.params.id, call.body);
      return { body, location: operationPath(body.id) };
    });
  }

  @Handles(routes.getCredentials)
  credentials(@Asked() { caller, params }: Call<typeof routes.getCredentials>) {
    return this.databases.credentials(caller.actor, params.id);
  }

  @Handles(routes.getEndpoints)
  endpoints(@Asked() { params }: Call<typeof routes.getEndpoints>) {
    return this.databases.endpoints(params.id);
  }

  @Handles(routes.patchEndpoints)
  patchEndpoints(@Asked() { caller, params, body }: Call<typeof routes.patchEndpoints>) {
    return this.databases.patchEndpoints(caller.actor, params.id, body);
  }

  @Handles(routes.getDatabaseStatus)
  status(@Asked() { params }: Call<typeof routes.getDatabaseStatus>) {
    return this.databases.status(params.id);
  }
}
