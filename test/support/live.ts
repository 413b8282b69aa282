import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import type { Problem } from '#contracts/http/problem.js';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { containerName } from '#domain/server/names.js';
import { isFinished } from '#domain/operation/state-machine.js';
import { eventually } from './eventually.js';
import type { AppName, AppProcess } from './app-process.js';
import { createInstallation, type Installation } from './installation.js';

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface LiveOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a client knows of a database that is ready for it. */
export interface LiveDatabase {
  readonly id: string;
  readonly handle: string;
  readonly username: string;
  readonly password: string;
  /** As the API showed them, own doors first. */
  readonly doors: Database['endpoints'];
  /** Name of its container on the host. */
  readonly container: string;
  readonly shown: Database;
}

/** Smallest size, so that many fit on a test machine. */
const small = { memoryMb: 64 } as const;
const operationWithinMs = 120_000;

/** A whole installation with its process running, and its API as a client uses it. Nothing here reaches behind the API. */
export class Live {
  private constructor(
    readonly installation: Installation,
    readonly processes: readonly AppProcess[],
  ) {}

  /** All roles in one process, unless a test wants some roles alone. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    apps: readonly AppName[] = ['standalone'],
  ): Promise<Live> {
    const installation = await createInstallation(environment);
    try {
      return new Live(installation, await Promise.all(apps.map((app) => installation.start(app))));
    } catch (error) {
      await installation.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.installation.close();
  }

  async send(method: string, path: string, body?: unknown, options: LiveOptions = {}): Promise<HttpReply> {
    const response = await fetch(`${this.installation.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${options.token ?? this.installation.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** The body of a good answer. */
  async ask<Body>(method: string, path: string, body?: unknown, options: LiveOptions = {}): Promise<Body> {
    const { status, text } = await this.send(method, path, body, options);
    if (status >= 300) throw new Error(`${method} ${path} answered ${String(status)}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Body;
  }

  /** The problem document of an answer that must be a refusal. */
  async refusal(method: string, path: string, body?: unknown, options: LiveOptions = {}): Promise<Problem> {
    const { status, headers, text } = await this.send(method, path, body, options);
    if (status < 400) throw new Error(`${method} ${path} was not refused: ${String(status)} ${text}`);
    const type = headers.get('content-type') ?? '';
    if (!type.startsWith('application/problem+json')) throw new Error(`The refusal is ${type}: ${text}`);
    return JSON.parse(text) as Problem;
  }

  requestDatabase(
    handle: string,
    more: Readonly<Record<string, unknown>> = {},
    options: LiveOptions = {},
  ): Promise<{ database: Database; operation: Operation }> {
    return this.ask('POST', databasesPath, { handle, ...small, ...more }, options);
  }

  refusedDatabase(handle: unknown, more: Readonly<Record<string, unknown>> = {}): Promise<Problem> {
    return this.refusal('POST', databasesPath, { handle, ...small, ...more });
  }

  /** A database that is ready, with its credentials revealed. */
  async provision(handle: string, more: Readonly<Record<string, unknown>> = {}): Promise<LiveDatabase> {
    const { database, operation } = await this.requestDatabase(handle, more);
    await this.succeeded(operation.id);
    return this.reveal(database.id);
  }

  async reveal(id: string): Promise<LiveDatabase> {
    const shown = await this.show(id);
    const { items } = await this.credentials(id);
    const [first] = items;
    if (!first) throw new Error(`${shown.handle} has no credentials`);
    return {
      id,
      handle: shown.handle,
      username: first.username,
      password: first.password,
      doors: shown.endpoints,
      container: this.containerOf(id),
      shown,
    };
  }

  containerOf(databaseId: string): string {
    return containerName(this.installation.name, databaseId);
  }

  show(id: string): Promise<Database> {
    return this.ask('GET', `/v1/databases/${id}`);
  }

  credentials(id: string): Promise<Credentials> {
    return this.ask('GET', `/v1/databases/${id}/credentials`);
  }

  requestOperation(id: string, request: OperationRequest): Promise<Operation> {
    return this.ask('POST', `/v1/databases/${id}/operations`, request);
  }

  refusedOperation(id: string, request: Readonly<Record<string, unknown>>): Promise<Problem> {
    return this.refusal('POST', `/v1/databases/${id}/operations`, request);
  }

  /** Asks for an operation and waits for its success. Types the handle where it must be typed. */
  async operate(
    { id, handle }: Pick<LiveDatabase, 'id' | 'handle'>,
    type: 'restart' | 'reload' | 'unlink' | 'deprovision',
  ): Promise<Operation> {
    // The verification of a final backup would go on beside the test: those of backups ask for one in full.
    const more = type === 'deprovision' ? { skipFinalBackup: true } : {};
    const { id: operationId } = await this.requestOperation(id, { type, confirm: handle, ...more });
    return this.succeeded(operationId);
  }

  finished(operationId: string): Promise<Operation> {
    return eventually(
      async () => {
        const operation = await this.ask<Operation>('GET', `/v1/operations/${operationId}`);
        if (!isFinished(operation.status)) throw new Error(`The operation is ${operation.status}`);
        return operation;
      },
      { withinMs: operationWithinMs },
    );
  }

  async succeeded(operationId: string): Promise<Operation> {
    const operation = await this.finished(operationId);
    if (operation.status === 'succeeded') return operation;
    throw new Error(`The ${operation.type} ${operation.status}: ${JSON.stringify(operation.error)}`);
  }

  async authorityPem(): Promise<string> {
    return (await this.send('GET', '/v1/ca.pem')).text;
  }
}

export interface Credentials {
  readonly items: readonly {
    readonly type: 'redis' | 'redis+ssl';
    readonly follows: 'database' | 'primary';
    readonly username: string;
    readonly password: string;
    readonly url: string;
  }[];
}

export const databasesPath = '/v1/environments/default/databases';
