import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openApiDocument } from '#contracts/http/openapi-document.js';
import { problemSchema } from '#contracts/http/problem.js';
import { startTestApi, type Reply, type TestApi } from '../../support/api.js';
import { fuzzRoutes, requestsTo, type FuzzRequest } from '../../support/openapi-fuzz.js';

/** The same requests in every run. Another seed or number finds more: HOLDFAST_TEST_FUZZ_SEED, HOLDFAST_TEST_FUZZ_RUNS. */
const seed = Number(process.env['HOLDFAST_TEST_FUZZ_SEED'] ?? 20261122);
const requestsPerRoute = Number(process.env['HOLDFAST_TEST_FUZZ_RUNS'] ?? 150);

/** They do not fit into a few thousand requests without a history and a certificate authority of their own. */
const notFuzzed = ['verifyAudit', 'getCertificateAuthority'];
const routes = fuzzRoutes(openApiDocument()).filter(({ operation }) => !notFuzzed.includes(operation.operationId));

let api: TestApi;
let known: string[];
const answered = new Map<number, number>();

beforeAll(async () => {
  api = await startTestApi();
  const made = await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'known' } });
  const { database, operation } = made.body;
  known = [database.id, operation.id, database.environmentId, 'default', 'known', 'default/known'];
});
afterAll(() => api.close());

/** Express answers these by itself; the document does not list them for each route. */
const always = new Set(['404', '405', '413', '415']);

const judge = ({ operation }: FuzzRequest, reply: Reply): void => {
  answered.set(reply.status, (answered.get(reply.status) ?? 0) + 1);
  if (reply.status >= 500) throw new Error(`${reply.status}: ${reply.text}`);
  if (!(String(reply.status) in operation.responses) && !always.has(String(reply.status)))
    throw new Error(`The document knows no ${reply.status} of ${operation.operationId}: ${reply.text}`);
  if (reply.status >= 400) problemSchema.parse(reply.body);
};

describe(`requests made from the OpenAPI document (seed ${seed})`, () => {
  it.each(routes.map((route) => ({ name: route.operation.operationId, route })))(
    '$name is never answered with an error of ours',
    async ({ route }) => {
      const property = fc.asyncProperty(requestsTo(route, known), async (request) => {
        const { url, headers, body } = request;
        judge(request, await api.send(route.method.toUpperCase(), url, { headers, body }));
      });
      await fc.assert(property, { seed, numRuns: requestsPerRoute, endOnFailure: false });
    },
    120_000,
  );

  it('reached the handlers, not only the parser', () => {
    expect(answered.get(200) ?? 0).toBeGreaterThan(requestsPerRoute);
    for (const status of [202, 201, 204, 404, 409]) expect(answered.get(status) ?? 0).toBeGreaterThan(0);
    expect([...answered.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(10 * requestsPerRoute);
  });
});
