import { z } from 'zod';
import { defineRoute } from './route.js';

const tag = 'system';

/** Routes that need no login. */
export const systemRoutes = {
  getCertificateAuthority: defineRoute({
    id: 'getCertificateAuthority',
    method: 'get',
    path: '/v1/ca.pem',
    tag,
    summary: 'The certificates to trust for rediss:// URLs',
    access: 'public',
    answer: { status: 200, description: 'PEM.', media: 'application/x-pem-file', schema: z.string(), written: true },
    errors: ['not_found'],
  }),
  getLiveness: defineRoute({
    id: 'getLiveness',
    method: 'get',
    path: '/health/live',
    tag,
    summary: 'Whether the process answers',
    access: 'public',
    answer: { status: 200, description: 'It does.', schema: z.strictObject({ status: z.literal('alive') }) },
    errors: [],
  }),
  getReadiness: defineRoute({
    id: 'getReadiness',
    method: 'get',
    path: '/health/ready',
    tag,
    summary: "Whether Postgres and the queue's Redis answer",
    access: 'public',
    answer: { status: 200, description: 'Both do.', schema: z.strictObject({ status: z.literal('ready') }) },
    errors: ['queue_unreachable'],
  }),
  getMetrics: defineRoute({
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag,
    summary: 'Prometheus metrics',
    access: 'public',
    answer: { status: 200, description: 'Text format.', media: 'text/plain', schema: z.string(), written: true },
    errors: [],
  }),
  getOpenApi: defineRoute({
    id: 'getOpenApi',
    method: 'get',
    path: '/v1/openapi.json',
    tag,
    summary: 'This document',
    access: 'public',
    answer: { status: 200, description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
    errors: [],
  }),
};
