import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { routes } from '#contracts/http/routes.js';
import { calendarEvent, calendarFoot, calendarHead } from '#domain/lifecycle/calendar.js';
import { csvHead, csvRecord } from '#domain/lifecycle/csv.js';
import { DatabaseService } from '../databases/database-service.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { LifecycleService, type Rendering } from './lifecycle-service.js';

const csv: Rendering = {
  ...{ media: 'text/csv; charset=utf-8; header=present', head: csvHead, item: csvRecord, foot: '' },
};
const calendar: Rendering = {
  ...{ media: 'text/calendar; charset=utf-8', head: calendarHead, item: calendarEvent, foot: calendarFoot },
};

@Controller()
export class LifecycleController {
  constructor(
    private readonly lifecycle: LifecycleService,
    private readonly databases: DatabaseService,
  ) {}

  @Handles(routes.getForecast)
  forecast(@Asked() { query }: Call<typeof routes.getForecast>) {
    return this.lifecycle.forecast(query);
  }

  @Handles(routes.getForecastCsv)
  async csv(@Asked() { query, request }: Call<typeof routes.getForecastCsv>, @Res() response: Response): Promise<void> {
    await this.lifecycle.write(query, csv, request, response);
  }

  @Handles(routes.getForecastCalendar)
  async calendar(
    @Asked() { query, request }: Call<typeof routes.getForecastCalendar>,
    @Res() response: Response,
  ): Promise<void> {
    await this.lifecycle.write(query, calendar, request, response);
  }

  @Handles(routes.listNotices)
  notices(@Asked() { query }: Call<typeof routes.listNotices>) {
    return this.lifecycle.notices(query);
  }

  @Handles(routes.putExemption)
  exempt(@Asked() { caller, params, body }: Call<typeof routes.putExemption>) {
    return this.databases.exempt(caller.actor, params.id, body);
  }

  @Handles(routes.deleteExemption)
  unexempt(@Asked() { caller, params }: Call<typeof routes.deleteExemption>) {
    return this.databases.exempt(caller.actor, params.id, null);
  }
}
