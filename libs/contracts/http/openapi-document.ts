import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { problemMedia, problemSchema } from './problem.js';
import { bytesMedia, type Route } from './route.js';
import { allRoutes } from './routes.js';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the route catalogue: the same schemas that parse requests describe them here. */
export const openApiDocument = (): Json => {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of allRoutes) (paths[route.path] ??= {})[route.method] = operationOf(route, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: 'v1',
      description: 'Managed Redis databases on Docker hosts that you own.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(allRoutes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token.' } },
    },
  };
};

const operationOf = (route: Route, schemas: Json): Json => ({
  operationId: route.id,
  tags: [route.tag],
  summary: route.summary,
  'x-permission': route.access,
  ...(route.access === 'operation-kind' ? { 'x-permission-by-kind': permissionsByKind } : {}),
  security: route.access === 'public' ? [] : [{ token: [] }],
  parameters: [
    ...parametersOf(route.params, 'path', schemas),
    ...parametersOf(route.query, 'query', schemas),
    ...(route.method === 'post' ? [idempotencyKey] : []),
  ],
  ...(route.body ? { requestBody: { required: true, content: contentOf(route, route.body, schemas) } } : {}),
  responses: { ...answerOf(route, schemas), ...problemsOf(route, schemas) },
});

const contentOf = (route: Route, body: z.ZodType, schemas: Json): Json => ({
  ...json(body, 'input', schemas),
  ...(route.takesBytes ? { [bytesMedia]: { schema: { type: 'string', format: 'binary' } } } : {}),
});

const permissionsByKind = Object.fromEntries(
  Object.entries(operationKinds).map(([kind, entry]) => [kind, entry.permission]),
);

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same request with the same key is carried out once; a repetition gets the first answer.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
};

const parametersOf = (schema: z.ZodObject | undefined, place: 'path' | 'query', schemas: Json): Json[] =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = jsonSchema(field as z.ZodType, 'input', schemas);
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });

const answerOf = ({ answer }: Route, schemas: Json): Json => {
  const { status, description, schema, media, streamsAs, headers = {} } = answer;
  const named = Object.entries(headers).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  const content = schema && { ...json(schema, 'output', schemas, media), ...(streamsAs ? { [streamsAs]: text } : {}) };
  return {
    [status]: {
      description,
      ...(named.length > 0 ? { headers: Object.fromEntries(named) as Json } : {}),
      ...(content ? { content } : {}),
    },
  };
};

const text = { schema: { type: 'string' } };

const problemsOf = (route: Route, schemas: Json): Json => {
  const content = json(problemSchema, 'output', schemas, problemMedia);
  const codes = codesOf(route);
  const described = codes.map((code) => {
    const { status } = errorCatalogue[code];
    const same = codes.filter((other) => errorCatalogue[other].status === status);
    return [status, { description: same.join(', '), content }];
  });
  return Object.fromEntries(described) as Json;
};

/** The codes that a route can answer: its own, and those of its sort. */
export const codesOf = (route: Route): ErrorCode[] => [
  ...(route.access === 'public' ? [] : (['unauthenticated', 'permission_denied'] as const)),
  'invalid_request',
  ...route.errors,
  ...(route.method === 'post' ? (['idempotency_key_reused'] as const) : []),
  'payload_too_large',
  'unsupported_media_type',
  'store_unreachable',
  'internal_error',
];

const json = (schema: z.ZodType, io: 'input' | 'output', schemas: Json, media = 'application/json'): Json => ({
  [media]: { schema: jsonSchema(schema, io, schemas) },
});

/** Named schemas go to the components and are referred to. */
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json => {
  const { $schema: _, $defs = {}, ...rest } = z.toJSONSchema(schema, { io, override: asOnTheWire });
  Object.assign(schemas, relocated($defs));
  return relocated(rest) as Json;
};

/** A text that is parsed into something else says by its `wire` how it is written. */
const asOnTheWire: NonNullable<z.core.ToJSONSchemaParams['override']> = ({ jsonSchema }) => {
  const { wire } = jsonSchema as { wire?: Json };
  if (!wire) return;
  const { description } = jsonSchema;
  for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Json)[key];
  Object.assign(jsonSchema, wire, description === undefined ? {} : { description });
};

const relocated = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
