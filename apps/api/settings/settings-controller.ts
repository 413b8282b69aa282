import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { SettingsService } from './settings-service.js';

@Controller()
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Handles(routes.getSettings)
  show(@Asked() { params }: Call<typeof routes.getSettings>) {
    return this.settings.show(params.id);
  }

  @Handles(routes.listSettingsHistory)
  history(@Asked() { params, query }: Call<typeof routes.listSettingsHistory>) {
    return this.settings.history(params.id, query.limit, query.cursor);
  }
}
