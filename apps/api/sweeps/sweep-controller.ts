import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { SweepService } from './sweep-service.js';

@Controller()
export class SweepController {
  constructor(
    private readonly sweeps: SweepService,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.requestSweep)
  request(@Asked() call: Call<typeof routes.requestSweep>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.sweeps.request(tx, call.caller, call.body);
      return { body, location: `/v1/sweeps/${body.id}` };
    });
  }

  @Handles(routes.listSweeps)
  list(@Asked() { query }: Call<typeof routes.listSweeps>) {
    return this.sweeps.list(query);
  }

  @Handles(routes.getSweep)
  show(@Asked() { params }: Call<typeof routes.getSweep>) {
    return this.sweeps.show(params.id);
  }
}
