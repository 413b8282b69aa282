import * as fc from 'fast-check';

/** A JSON schema, as far as the OpenAPI document uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | 'object' | 'null' | undefined;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

export interface FuzzOperation {
  readonly operationId: string;
  readonly parameters: readonly { name: string; in: 'path' | 'query' | 'header'; schema: Schema }[];
  readonly requestBody?: { content: { 'application/json': { schema: Schema } } };
  readonly responses: Readonly<Record<string, unknown>>;
}

export interface FuzzRoute {
  readonly method: string;
  readonly path: string;
  readonly operation: FuzzOperation;
}

export interface FuzzRequest extends FuzzRoute {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

export const fuzzRoutes = (document: object): FuzzRoute[] =>
  Object.entries((document as { paths: Record<string, Record<string, FuzzOperation>> }).paths).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );

/** Texts that have broken somebody's server. */
const nasty = fc.oneof(
  fc.constantFrom('', ' ', '\u0000', 'a\u0000b', '\ud800', '😀', '../..', '%', '%00', "' OR 1=1 --", '{}', '__proto__'),
  fc.constantFrom('null', 'NaN', '-1', '1e309', '99999999999999999999', 'true', 'ﬀ', 'a'.repeat(5000), '\r\nX: y'),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 80 }),
);
const anything = fc.oneof(
  nasty,
  fc.json().map((text): unknown => JSON.parse(text)),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(null, true, [], {}, [[[]]], 0, -0, 1e308),
);

/** Values that fit a schema; `known` are texts that name something that exists. */
const fitting = (schema: Schema, known: readonly string[]): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return fc.oneof(...variants.map((variant) => fitting(variant, known)));
  switch (schema.type) {
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1) });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(fitting(schema.items ?? {}, known), { maxLength: 3 });
    case 'object':
      return fittingObject(schema, known);
    case 'null':
      return fc.constant(null);
    case 'string':
    case undefined:
      return fc.oneof(fc.constantFrom(...known), fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,12}$/));
  }
};

const fittingObject = ({ properties = {} }: Schema, known: readonly string[]): fc.Arbitrary<unknown> =>
  fc.record(Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, wild(schema, known)])), {
    requiredKeys: [],
  });

/** Mostly what fits, now and then something else. */
const wild = (schema: Schema, known: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: fitting(schema, known) }, { weight: 1, arbitrary: anything });

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Percent-encoded, or as it is where a URL can carry it. */
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

const pathOf = ({ path, operation }: FuzzRoute, known: readonly string[]): fc.Arbitrary<string> => {
  const names = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const value = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known).map(encoded) },
    { weight: 1, arbitrary: nasty.map(encoded) },
    { weight: 1, arbitrary: fc.constantFrom('%E0%A4%A', '%ff', '%00', '%2f%2f', '%252e', ';', '@') },
  );
  return fc
    .tuple(...names.map(() => value))
    .map((values) => names.reduce((url, name, index) => url.replace(`{${name}}`, () => values[index] || 'x'), path));
};

const queryOf = ({ operation }: FuzzRoute, known: readonly string[]): fc.Arbitrary<string> => {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const pair = fc.oneof(
    ...parameters.map(({ name, schema }) => wild(schema, known).map((value) => `${name}=${encoded(asText(value))}`)),
    fc.tuple(nasty, nasty).map(([name, value]) => `${encoded(name)}=${encoded(value)}`),
    fc.constantFrom('limit=%E0%A4%A', 'cursor', '&&', 'limit[]=1', 'a[b][c]=1'),
  );
  return fc.array(pair, { maxLength: 3 }).map((pairs) => (pairs.length > 0 ? `?${pairs.join('&')}` : ''));
};

const bodyOf = ({ method, operation }: FuzzRoute, known: readonly string[]): fc.Arbitrary<string | undefined> => {
  if (method === 'get') return fc.constant(undefined);
  const schema = operation.requestBody?.content['application/json'].schema ?? { type: 'object' };
  const extra = fc.dictionary(fc.string({ maxLength: 10 }), anything, { maxKeys: 2 });
  return fc.oneof(
    { weight: 8, arbitrary: fitting(schema, known).map((value) => JSON.stringify(value)) },
    {
      weight: 2,
      arbitrary: fc.tuple(fitting(schema, known), extra).map(([a, b]) => JSON.stringify({ ...(a as object), ...b })),
    },
    { weight: 1, arbitrary: anything.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
};

const headersOf = fc
  .record(
    {
      'idempotency-key': fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('k', 'x'.repeat(300))),
      'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16', 'x'),
      'x-request-id': fc.string({ maxLength: 10 }),
    },
    { requiredKeys: [] },
  )
  .map((headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[\x21-\x7e]*$/.test(value))));

/** Requests to one route: mostly near to what it takes, since what is plainly wrong never gets past the parser. */
export const requestsTo = (route: FuzzRoute, known: readonly string[]): fc.Arbitrary<FuzzRequest> =>
  fc
    .record({
      path: pathOf(route, known),
      query: queryOf(route, known),
      body: bodyOf(route, known),
      headers: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headersOf }),
    })
    .map(({ path, query, body, headers }) => ({ ...route, url: path + query, headers, body }));
