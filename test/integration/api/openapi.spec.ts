import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { controllers } from '../../../apps/api/api-module.js';
import { routeOf } from '../../../apps/api/http/bound-route.js';
import { openApiDocument } from '#contracts/http/openapi-document.js';
import { allRoutes } from '#contracts/http/routes.js';
import { permissions } from '#domain/permissions/permission.js';
import { startTestApi, type TestApi } from '../../support/api.js';

interface Operation {
  readonly operationId: string;
  readonly 'x-permission': string;
  readonly security: unknown[];
  readonly parameters: { name: string; in: string; schema: object }[];
  readonly requestBody?: { content: Record<string, { schema: object }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

const document = openApiDocument() as {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('the document', () => {
  it('is the one that is committed; npm run generate:openapi writes it anew', () => {
    const committed = JSON.parse(
      readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'),
    ) as unknown;
    expect(document).toEqual(committed);
  });

  it('has every route of the catalogue, and every route has one handler', () => {
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(
      allRoutes.map((route) => route.id).sort(),
    );
    const handled = controllers.flatMap((controller) =>
      Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object))
        .map(({ value }) => (typeof value === 'function' ? routeOf(value as object)?.id : undefined))
        .filter((id) => id !== undefined),
    );
    expect(handled.sort()).toEqual(allRoutes.map((route) => route.id).sort());
  });

  it('refers to nothing that is not there', () => {
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(50);
    expect([...new Set(names)].sort()).toEqual(Object.keys(document.components.schemas).sort());
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it.each(operations)(
    '$method $path names permission, parameters, answer and problems',
    ({ path, method, operation }) => {
      const permission = operation['x-permission'];
      expect(['public', 'operation-kind', ...permissions]).toContain(permission);
      expect(operation.security).toEqual(permission === 'public' ? [] : [{ token: [] }]);
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
      expect(operation.parameters.every(({ schema }) => Object.keys(schema).length > 0)).toBe(true);
      expect(operation.parameters.some(({ name }) => name === 'Idempotency-Key')).toBe(method === 'post');
      const good = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
      expect(good).toHaveLength(1);
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (!status.startsWith('2')) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
      }
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining(permission === 'public' ? ['400', '500', '503'] : ['400', '401', '403', '500', '503']),
      );
    },
  );
});

describe('the served reference', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  it('is the same document, without a login', async () => {
    expect((await api.send('GET', '/v1/openapi.json', { token: null })).body).toEqual(document);
  });

  it('has pages that load nothing from elsewhere', async () => {
    const { status, text } = await api.send('GET', '/docs', { token: null });
    expect(status).toBe(200);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect((await api.send('GET', '/docs/swagger-ui-bundle.js', { token: null })).status).toBe(200);
    expect((await api.send('GET', '/', { token: null })).text).toBe(text);
  });
});
