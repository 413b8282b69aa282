import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApi } from '../../apps/api/api.js';
import type { Database } from '#contracts/http/databases.js';
import type { LogLine, Operation } from '#contracts/http/operations.js';
import type { Problem } from '#contracts/http/problem.js';
import { allRoutes } from '#contracts/http/routes.js';
import type { Permission } from '#domain/permissions/permission.js';
import { openBackups, type OpenBackups } from '#engine/open-backups.js';
import { createLogger } from '#observability/logger.js';
import { createRegistry } from '#observability/metrics.js';
import type { Control } from '#operations/control.js';
import { makeToken, openTestControl } from './control.js';
import { openTestQueue } from './queue.js';

/** What the answers of all routes have between them: which of it is there depends on the route. */
export interface Body extends Omit<Database, 'status'>, Omit<LogLine, 'level'>, Omit<Problem, 'status' | 'type'> {
  readonly status: Database['status'] | Operation['status'] | Problem['status'] | 'alive' | 'ready';
  readonly type: string;
  readonly items: readonly Body[];
  readonly nextCursor: string | null;
  readonly database: Database;
  readonly operation: Operation;
  readonly targets: Operation['targets'];
  readonly databases: Operation['databases'];
  readonly error: Operation['error'];
  readonly permissions: readonly Permission[];
  readonly token: string;
  readonly username: string;
  readonly password: string;
  readonly url: string;
  readonly seq: number;
  readonly action: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed as JSON; empty when it is none. */
  readonly body: Body;
}

export interface RequestOptions {
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** A running API and what it takes to talk to it. */
export interface ApiClient {
  readonly url: string;
  readonly app: NestExpressApplication;
  /** Everything that the API has logged. */
  readonly log: string[];
  /** The stores lie in a directory of its own. */
  readonly backups: OpenBackups;
  /** Sends a request as the owner, unless told otherwise. A body that is not a text is sent as JSON. */
  send(method: string, path: string, options?: RequestOptions): Promise<Reply>;
  close(): Promise<void>;
}

export interface TestApi extends ApiClient {
  readonly control: Control;
  readonly databaseUrl: string;
  readonly ownerToken: string;
  token(name: string, permissions: Permission[]): Promise<string>;
}

/** The API on a free port, on a Postgres database and a queue of its own. */
export const startTestApi = async (overrides: Partial<Control> = {}): Promise<TestApi> => {
  const installation = await openTestControl(overrides);
  const { control, databaseUrl } = installation;
  const ownerToken = await makeToken(control, 'owner', ['owner']);
  const client = await createApiOn(control, databaseUrl, ownerToken);
  const close = async (): Promise<void> => {
    await client.close();
    await installation.close();
  };
  const token = (name: string, permissions: Permission[]) => makeToken(control, name, permissions);
  return { ...client, control, databaseUrl, ownerToken, token, close };
};

/** Another API on an installation that there is already. */
export const createApiOn = async (control: Control, databaseUrl: string, token = 'none'): Promise<ApiClient> => {
  const queue = openTestQueue();
  const log: string[] = [];
  const home = await mkdtemp(join(tmpdir(), 'holdfast-api-'));
  const backups = openBackups({ home, backupStoresFile: null });
  const app = await createApi({
    control,
    databaseUrl,
    logger: createLogger({ level: 'info', app: 'api' }, collector(log)),
    registry: createRegistry('api'),
    queues: [queue.queue],
    pingQueue: queue.ping,
    history: { verify: () => Promise.reject(new Error('not under test')), checkpoints: () => Promise.resolve([]) },
    backups,
  });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace(/\/$/, '');
  const close = async (): Promise<void> => {
    await app.close();
    await queue.close();
    await rm(home, { recursive: true, force: true });
  };
  return {
    url,
    app,
    log,
    backups,
    close,
    send: (method, path, options = {}) => send(url, token, method, path, options),
  };
};

const collector = (lines: string[]): Writable =>
  new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });

const send = async (
  url: string,
  ownerToken: string,
  method: string,
  path: string,
  { token = ownerToken, headers = {}, body }: RequestOptions,
): Promise<Reply> => {
  const init: RequestInit = {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  };
  if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  const reply = { status: response.status, headers: response.headers, text, body: parsed(text) };
  requireDocumented(method, path, reply);
  return reply;
};

const parsed = (text: string): Body => {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {} as Body;
  }
};

/** Every good JSON answer that a test gets is held to the schema of its route. */
const requireDocumented = (method: string, path: string, reply: Reply): void => {
  const pathname = path.split('?')[0] ?? '';
  const route = allRoutes.find(
    (candidate) => candidate.method === method.toLowerCase() && templatePattern(candidate.path).test(pathname),
  );
  if (!route || reply.status >= 400 || !reply.headers.get('content-type')?.startsWith('application/json')) return;
  if (reply.status !== route.answer.status) throw new Error(`${route.id} answered ${reply.status}`);
  const checked = route.answer.schema?.safeParse(reply.body);
  if (checked?.success === false) throw new Error(`${route.id} answered another shape: ${checked.error.message}`);
};

const templatePattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
