import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

const answersWithinMs = 30_000;

/** The few calls of the HTTP API that the set-up makes. Errors: `setup_failed` with the code and the remedy that the API gave. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  async get<Body>(path: string, signal: AbortSignal): Promise<Body> {
    return (await this.call<Body>('GET', path, signal)).body;
  }

  async post<Body>(path: string, idempotencyKey: string, body: object, signal: AbortSignal): Promise<Body> {
    return (await this.call<Body>('POST', path, signal, { idempotencyKey, body })).body;
  }

  /** Null when there is no such resource. */
  async find<Body>(path: string, signal: AbortSignal): Promise<Body | null> {
    const { status, body } = await this.call<Body>('GET', path, signal, undefined, [404]);
    return status === 404 ? null : body;
  }

  async text(path: string, signal: AbortSignal): Promise<string> {
    const response = await this.fetch('GET', path, signal);
    if (response.ok) return response.text();
    throw new HoldfastError('setup_failed', `GET ${path} answered with status ${response.status}.`);
  }

  private async call<Body>(
    method: string,
    path: string,
    signal: AbortSignal,
    sent?: { idempotencyKey: string; body: object },
    accepted: readonly number[] = [],
  ): Promise<ApiAnswer<Body>> {
    const response = await this.fetch(method, path, signal, sent);
    const body = (await response.json()) as Body & { code?: string; detail?: string; remedy?: string };
    if (response.ok || accepted.includes(response.status)) return { status: response.status, body };
    const { code = response.status, detail = '', remedy = '' } = body;
    throw new HoldfastError('setup_failed', sentences(`${method} ${path} was refused (${code}): ${detail}`, remedy));
  }

  private fetch(
    method: string,
    path: string,
    signal: AbortSignal,
    sent?: { idempotencyKey: string; body: object },
  ): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.token}` };
    if (sent) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': sent.idempotencyKey });
    const limited = AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)]);
    return fetch(new URL(path, this.url), {
      method,
      headers,
      signal: limited,
      ...(sent ? { body: JSON.stringify(sent.body) } : {}),
    });
  }
}
