import type { Request } from 'express';
import { z } from 'zod';
import type { Route } from '#contracts/http/route.js';
import { HoldfastError, type FieldProblem } from '#domain/errors/holdfast-error.js';
import { sendsBytes } from './body-rules.js';
import { unstorableTexts } from './unstorable-text.js';

const nothing = z.strictObject({});
/** A client that sends a thousand unknown fields is not told of each. */
const problemsShown = 20;

interface Input {
  readonly params: never;
  readonly query: never;
  readonly body: never;
}

/** What a request carries, parsed by the schemas of its route. Errors: `invalid_request` with all problems. */
export const parseInput = (route: Route, request: Request): Input => {
  const problems: FieldProblem[] = [];
  const parse = (schema: z.ZodType, value: unknown): never => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) problems.push(...parsed.error.issues.flatMap(problemsOf));
    return parsed.data as never;
  };
  const takesBody = ['post', 'put', 'patch'].includes(route.method) && !sendsBytes(request);
  const body: unknown = takesBody ? (request.body ?? {}) : undefined;
  problems.push(...[request.params, request.query, body].flatMap(unstorableTexts));
  const input = {
    params: parse(route.params ?? nothing, request.params),
    query: parse(route.query ?? nothing, request.query),
    body: (takesBody ? parse(route.body ?? nothing, body) : undefined) as never,
  };
  if (problems.length > 0) throw invalid(problems);
  return input;
};

const invalid = (problems: readonly FieldProblem[]): HoldfastError => {
  const named = [...new Set(problems.map((problem) => problem.path || 'the body'))].slice(0, 3).join(', ');
  const more = problems.length > problemsShown ? ` The first ${problemsShown} of ${problems.length} are listed.` : '';
  return new HoldfastError('invalid_request', `The request has problems with: ${named}.${more}`, {
    problems: problems.slice(0, problemsShown),
  });
};

const problemsOf = (issue: z.core.$ZodIssue): FieldProblem[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not a known field' }))
    : [{ path: pathOf(issue.path), message: issue.message }];

const pathOf = (path: readonly PropertyKey[]): string => path.map(String).join('.').slice(0, 200);
