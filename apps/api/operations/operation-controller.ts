import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { OperationFollower } from './operation-follower.js';
import { OperationService } from './operation-service.js';
import { operationPath } from './operation-view.js';

@Controller()
export class OperationController {
  constructor(
    private readonly operations: OperationService,
    private readonly follower: OperationFollower,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.listOperations)
  list(@Asked() { query }: Call<typeof routes.listOperations>) {
    return this.operations.list(query);
  }

  @Handles(routes.getOperation)
  show(@Asked() { params }: Call<typeof routes.getOperation>) {
    return this.operations.show(params.id);
  }

  @Handles(routes.getOperationLog)
  async log(@Asked() call: Call<typeof routes.getOperationLog>, @Res() response: Response): Promise<void> {
    const { request, params, query } = call;
    if (request.headers.accept?.includes('text/event-stream')) {
      const operation = await this.operations.show(params.id);
      return this.follower.follow(operation.id, request.get('last-event-id'), response);
    }
    response.json(await this.operations.log(params.id, query.limit, query.cursor));
  }

  @Handles(routes.cancelOperation)
  cancel(@Asked() call: Call<typeof routes.cancelOperation>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.operations.cancel(tx, call.caller, call.params.id);
      return { body, location: operationPath(body.id) };
    });
  }

  @Handles(routes.retryOperation)
  retry(@Asked() call: Call<typeof routes.retryOperation>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.operations.retry(tx, call.caller, call.params.id);
      return { body, location: operationPath(body.id) };
    });
  }
}
