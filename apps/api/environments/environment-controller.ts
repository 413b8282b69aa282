import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { EnvironmentService } from './environment-service.js';

@Controller()
export class EnvironmentController {
  constructor(
    private readonly environments: EnvironmentService,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.listEnvironments)
  list(@Asked() { query }: Call<typeof routes.listEnvironments>) {
    return this.environments.list(query.limit, query.cursor);
  }

  @Handles(routes.createEnvironment)
  create(@Asked() call: Call<typeof routes.createEnvironment>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.environments.create(tx, call.caller.actor, call.body);
      return { body, location: `/v1/environments/${body.id}` };
    });
  }

  @Handles(routes.getEnvironment)
  show(@Asked() { params }: Call<typeof routes.getEnvironment>) {
    return this.environments.show(params.env);
  }

  @Handles(routes.deleteEnvironment)
  delete(@Asked() { caller, params }: Call<typeof routes.deleteEnvironment>) {
    return this.environments.delete(caller.actor, params.env);
  }
}
