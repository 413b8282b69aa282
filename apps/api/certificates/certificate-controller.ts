import { Controller } from '@nestjs/common';
import { routes } from '#contracts/http/routes.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';
import { Changes } from '../http/idempotency.js';
import { operationPath } from '../operations/operation-view.js';
import { CertificateService } from './certificate-service.js';

@Controller()
export class CertificateController {
  constructor(
    private readonly certificates: CertificateService,
    private readonly changes: Changes,
  ) {}

  @Handles(routes.getCertificate)
  show(@Asked() { params }: Call<typeof routes.getCertificate>) {
    return this.certificates.show(params.id);
  }

  @Handles(routes.putCertificate)
  bring(@Asked() call: Call<typeof routes.putCertificate>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.certificates.bring(tx, call.caller.actor, call.params.id, call.body);
      return { body, location: operationPath(body.id) };
    });
  }

  @Handles(routes.deleteCertificate)
  giveBack(@Asked() call: Call<typeof routes.deleteCertificate>) {
    return this.changes.once(call, async (tx) => {
      const body = await this.certificates.giveBack(tx, call.caller.actor, call.params.id);
      return { body, location: operationPath(body.id) };
    });
  }
}
