import { once } from 'node:events';
import type { Request, Response } from 'express';
import { toPage } from '#contracts/http/page.js';
import type { QueryOf } from '#contracts/http/route.js';
import type { routes } from '#contracts/http/routes.js';
import type { ForecastItem } from '#domain/lifecycle/forecast.js';
import type { Control } from '#operations/control.js';
import { Forecast, forecastParts, positionOf } from '#operations/lifecycle/forecast.js';
import { pageNotices } from '#persistence/notices.js';
import { environmentId, filterIds } from '../http/references.js';

type Scope = QueryOf<typeof routes.getForecastCsv>;

/** A table or a calendar: what stands around the items, and what each of them becomes. */
export interface Rendering {
  readonly media: string;
  readonly head: string;
  readonly item: (item: ForecastItem, now: Date) => string;
  readonly foot: string;
}

export class LifecycleService {
  constructor(private readonly control: Control) {}

  /** Errors: `environment_not_found`. */
  async forecast({ limit, cursor, ...scope }: QueryOf<typeof routes.getForecast>) {
    const from = this.from(scope);
    const forecast = await this.open(scope, from);
    const [items, windows] = await Promise.all([forecast.page(cursor ?? null, limit + 1), forecast.windows()]);
    const page = toPage(items, limit, positionOf, (item) => item);
    return { asOf: from.toISOString(), days: scope.days, windows: [...windows], ...page };
  }

  /** Part by part, as fast as it is read. Errors: `environment_not_found`. */
  async write(
    scope: Scope,
    { media, head, item, foot }: Rendering,
    request: Request,
    response: Response,
  ): Promise<void> {
    const forecast = await this.open(scope, this.from(scope));
    response.type(media);
    if (request.method === 'HEAD') return void response.end();
    response.write(head);
    const now = this.control.now();
    for await (const items of forecastParts(forecast)) {
      const text = items.map((one) => item(one, now)).join('');
      if (!response.write(text)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      if (response.destroyed) return;
    }
    response.end(foot);
  }

  /** Errors: `environment_not_found`, `database_not_found`. */
  async notices({ limit, cursor, ...filter }: QueryOf<typeof routes.listNotices>) {
    const { db } = this.control;
    const rows = await pageNotices(db, await filterIds(db, filter), { limit: limit + 1, after: cursor });
    return toPage(
      rows,
      limit,
      ({ id }) => id,
      ({ id, event, environment, database_id: databaseId, handle, detail, created_at: createdAt }) => ({
        ...{ id, event, environment, databaseId, handle, detail: { ...detail } },
        createdAt: createdAt.toISOString(),
      }),
    );
  }

  private from({ asOf }: Pick<Scope, 'asOf'>): Date {
    return asOf === undefined ? this.control.now() : new Date(asOf);
  }

  private async open({ days, environment }: Omit<Scope, 'asOf'>, from: Date): Promise<Forecast> {
    const { db } = this.control;
    const id = environment === undefined ? null : await environmentId(db, environment);
    return Forecast.open(this.control, { from, days, environmentId: id });
  }
}
