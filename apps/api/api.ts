import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument } from '#contracts/http/openapi-document.js';
import { httpMetrics } from '#observability/http-metrics.js';
import { apiModule } from './api-module.js';
import type { ApiParts } from './http/api-context.js';
import { Authentication } from './http/authentication.js';
import { bodyLimit, requestRules } from './http/body-rules.js';
import { NestLogger } from './http/nest-logger.js';
import { ProblemFilter } from './http/problem-filter.js';
import { requestLog } from './http/request-log.js';
import { boardLogin, boardPath, queueBoard } from './queues/queue-board.js';
import { backupMetrics } from './system/backup-metrics.js';
import { certificateMetrics } from './system/certificate-metrics.js';
import { driftMetrics } from './system/drift-metrics.js';
import { lifecycleMetrics } from './system/lifecycle-metrics.js';
import { stateMetrics } from './system/state-metrics.js';
import { upgradeMetrics } from './system/upgrade-metrics.js';

/** The whole API, ready to listen. `close()` ends live streams and waits for requests in flight; the parts stay open. */
export const createApi = async (parts: ApiParts): Promise<NestExpressApplication> => {
  const authentication = new Authentication(parts.control.db);
  const problems = new ProblemFilter(parts.logger);
  const module = apiModule(parts, authentication);
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: new NestLogger(parts.logger),
    bodyParser: false,
    abortOnError: false,
  });
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(requestLog(parts.logger, httpMetrics(parts.registry)), requestRules);
  app.use(boardPath, boardLogin(authentication, problems), queueBoard(parts.queues));
  app.useBodyParser('json', { limit: bodyLimit });
  app.useGlobalFilters(problems);
  // Until there is a dashboard, whoever opens the address in a browser is led to what there is to read.
  app
    .getHttpAdapter()
    .getInstance()
    .get('/', (_request, response) => response.redirect('/docs'));
  stateMetrics(parts.registry, parts.control.db);
  driftMetrics(parts.registry, parts.control.db);
  backupMetrics(parts.registry, parts.control.db);
  lifecycleMetrics(parts.registry, parts.control);
  upgradeMetrics(parts.registry, parts.control.db);
  certificateMetrics(parts.registry, parts.control.db, parts.control.now);
  SwaggerModule.setup('docs', app, openApiDocument() as unknown as OpenAPIObject, { customSiteTitle: 'Holdfast API' });
  // It would end the upload of a large file; bodies of JSON have a limit of their own.
  app.getHttpServer().requestTimeout = 0;
  await app.init();
  return app;
};
