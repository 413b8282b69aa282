import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import type { AnswerOf } from '#contracts/http/route.js';
import { listVersions } from '#domain/catalogue/lifecycle.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { ApiContext } from '../http/api-context.js';

@Controller()
export class VersionController {
  constructor(private readonly context: ApiContext) {}

  @Handles(routes.listVersions)
  list(@Asked() { query }: Call<typeof routes.listVersions>): AnswerOf<typeof routes.listVersions> {
    const { catalogue, now } = this.context.control;
    const at = query.asOf === undefined ? now() : new Date(query.asOf);
    const items = listVersions(catalogue, at).map((version) => ({
      ...version,
      flavours: [...version.flavours],
      tlsProtocols: [...version.tlsProtocols],
    }));
    return { items, nextCursor: null };
  }
}
