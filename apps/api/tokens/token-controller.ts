import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { TokenService } from './token-service.js';

@Controller()
export class TokenController {
  constructor(
    private readonly tokens: TokenService,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.listTokens)
  list(@Asked() { query }: Call<typeof routes.listTokens>) {
    return this.tokens.list(query.limit, query.cursor);
  }

  @Handles(routes.createToken)
  create(@Asked() call: Call<typeof routes.createToken>) {
    return this.changes.once(call, async (tx) => ({
      body: await this.tokens.create(tx, call.caller.actor, call.body),
    }));
  }

  @Handles(routes.revokeToken)
  revoke(@Asked() { caller, params }: Call<typeof routes.revokeToken>) {
    return this.tokens.revoke(caller.actor, params.id);
  }
}
