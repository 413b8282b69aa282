import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** Answers one request: with a document, or by hand on the socket. */
export type Scene = { status: number; body?: unknown } | ((response: ServerResponse, request: Received) => void);

/** A real HTTP server that plays the API: each `METHOD /path` has its scenes, the last of which stays. */
export class ScriptedApi implements AsyncDisposable {
  readonly received: Received[] = [];
  private readonly server = createServer((request, response) => void this.play(request, response));

  private constructor(private readonly scenes: Record<string, Scene[]>) {}

  static async start(scenes: Record<string, Scene[]>): Promise<ScriptedApi> {
    const api = new ScriptedApi(scenes);
    api.server.listen(0, '127.0.0.1');
    await once(api.server, 'listening');
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  requests(method: string, path: string): Received[] {
    return this.received.filter((request) => request.method === method && request.path.split('?')[0] === path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async play(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await receive(request);
    this.received.push(received);
    const scenes = this.scenes[`${received.method} ${received.path.split('?')[0]}`] ?? [missing];
    const scene = scenes.length > 1 ? scenes.shift() : scenes[0];
    if (typeof scene === 'function') scene(response, received);
    else if (scene) reply(response, scene);
  }
}

const missing: Scene = {
  status: 404,
  body: { type: 'about:blank', title: 'No', status: 404, code: 'not_found', detail: 'No scene.', remedy: 'Write one.' },
};

const reply = (response: ServerResponse, { status, body }: { status: number; body?: unknown }): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
};

/** A document, or what else was sent, as text. */
const bodyOf = (headers: IncomingMessage['headers'], text: string): unknown => {
  if (headers['content-type'] === 'application/octet-stream') return text;
  return text === '' ? null : JSON.parse(text);
};

const receive = async (request: IncomingMessage): Promise<Received> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const { method = '', url = '', headers } = request;
  return { method, path: decodeURIComponent(url), headers, body: bodyOf(headers, text) };
};
