import { once } from 'node:events';
import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { toPage } from '#contracts/http/page.js';
import { routes } from '#contracts/http/routes.js';
import { pageAudit, readChain } from '#persistence/audit/read.js';
import { ApiContext } from '../http/api-context.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { filterIds } from '../http/references.js';
import { untilClosed } from '../http/until-closed.js';

@Controller()
export class AuditController {
  constructor(private readonly context: ApiContext) {}

  @Handles(routes.listAuditEvents)
  async list(@Asked() { query }: Call<typeof routes.listAuditEvents>) {
    const { db } = this.context.control;
    const { limit, cursor, action, actor, operation } = query;
    const filter = { ...(await filterIds(db, query)), action, actor, operationId: operation };
    const beforeSeq = cursor === undefined ? null : Number(cursor);
    const rows = await pageAudit(db, filter, { limit: limit + 1, beforeSeq });
    return toPage(
      rows,
      limit,
      (row) => row.seq,
      (row) => ({ ...row, detail: { ...row.detail } }),
    );
  }

  @Handles(routes.exportAudit)
  async export(@Asked() { request }: Call<typeof routes.exportAudit>, @Res() response: Response): Promise<void> {
    response.type('application/x-ndjson');
    if (request.method === 'HEAD') return void response.end();
    for await (const entries of readChain(this.context.control.db)) {
      const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (response.destroyed) return;
    }
    response.end();
  }

  @Handles(routes.verifyAudit)
  async verify(@Asked() { response }: Call<typeof routes.verifyAudit>) {
    const { problems, ...verification } = await this.context.history.verify(untilClosed(response));
    return { ...verification, problems: [...problems] };
  }

  @Handles(routes.listCheckpoints)
  async checkpoints() {
    return { items: [...(await this.context.history.checkpoints())], nextCursor: null };
  }
}
