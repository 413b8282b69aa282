import createClient, { type Client } from 'openapi-fetch';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Target } from '../credentials/target.js';
import { Interrupted } from '../failure/interrupted.js';
import { Refusal, type Problem } from '../failure/refusal.js';
import type { paths } from '../generated/api.js';
import { Requests, type RequestLimits } from './requests.js';

/** The HTTP API, typed by its OpenAPI document. */
export type Api = Client<paths>;

export const connect = ({ url, token }: Target, limits: RequestLimits): Api => {
  const requests = new Requests(limits);
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return createClient<paths>({ baseUrl: url, headers, fetch: (request) => requests.send(request) });
};

/**
 * The body of a successful answer. Errors: `Refusal` with the problem document of any other; `unauthenticated` when no
 * token was sent; `api_unreachable` for an answer that Holdfast would not give.
 */
export const answer = async <Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> => {
  const { data, error, response } = await parsed(call);
  if (response.ok) return data as Data;
  if (isProblem(error)) throw new Refusal(error);
  throw new HoldfastError('api_unreachable', `${response.url} answered ${response.status}, but not as Holdfast does.`);
};

const parsed = async <Answer>(call: Promise<Answer>): Promise<Answer> => {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof HoldfastError || cause instanceof Interrupted) throw cause;
    const notJson = cause instanceof SyntaxError;
    const detail = notJson ? 'The answer is not JSON, so it is not from Holdfast.' : 'The answer broke off.';
    throw new HoldfastError('api_unreachable', detail, { cause });
  }
};

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
