import { Controller, Res } from '@nestjs/common';
import type { Response } from 'express';
import { routes } from '#contracts/http/routes.js';
import { openApiDocument } from '#contracts/http/openapi-document.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { findInstallation } from '#persistence/installation.js';
import { pingStore } from '#persistence/ping.js';
import { ApiContext } from '../http/api-context.js';
import { Asked, type Call } from '../http/call.js';
import { Handles } from '../http/handles.js';

const probeTimeoutMs = 2_000;

/** What needs no login. */
@Controller()
export class SystemController {
  private readonly document = openApiDocument();

  constructor(private readonly context: ApiContext) {}

  @Handles(routes.getCertificateAuthority)
  async authority(
    @Asked() _call: Call<typeof routes.getCertificateAuthority>,
    @Res() response: Response,
  ): Promise<void> {
    const installation = await findInstallation(this.context.control.db);
    if (!installation) throw new HoldfastError('not_found', 'The installation has no certificate authority yet.');
    response.type('application/x-pem-file').send(installation.ca_certificate_pem);
  }

  @Handles(routes.getLiveness)
  live(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /** Errors: `store_unreachable`, `queue_unreachable`. */
  @Handles(routes.getReadiness)
  async ready(): Promise<{ status: 'ready' }> {
    await within(pingStore(this.context.control.db), 'store_unreachable', 'Postgres did not answer.');
    const ping = this.context.pingQueue(AbortSignal.timeout(probeTimeoutMs));
    await within(ping, 'queue_unreachable', "The queue's Redis did not answer.");
    return { status: 'ready' };
  }

  @Handles(routes.getMetrics)
  async metrics(@Asked() _call: Call<typeof routes.getMetrics>, @Res() response: Response): Promise<void> {
    const { registry } = this.context;
    response.type(registry.contentType).send(await registry.metrics());
  }

  @Handles(routes.getOpenApi)
  openApi(): Record<string, unknown> {
    return this.document;
  }
}

/** Any failure of a probe, and one that takes too long, means that the probed server is away. */
const within = async (
  probe: Promise<unknown>,
  code: 'store_unreachable' | 'queue_unreachable',
  detail: string,
): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${probeTimeoutMs} ms`)), probeTimeoutMs);
  });
  try {
    await Promise.race([probe, timeout]);
  } catch (cause) {
    throw new HoldfastError(code, detail, { cause });
  } finally {
    clearTimeout(timer);
  }
};
