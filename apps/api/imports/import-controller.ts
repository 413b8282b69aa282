import { Controller } from '@nestjs/common';
import type { Import } from '#contracts/http/imports.js';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { sendsBytes } from '../http/body-rules.js';
import { ImportService } from './import-service.js';

@Controller()
export class ImportController {
  constructor(private readonly imports: ImportService) {}

  @Handles(routes.importData)
  import(@Asked() call: Call<typeof routes.importData>): Promise<Import> {
    return sendsBytes(call.request) ? this.imports.file(call) : this.imports.url(call);
  }
}
