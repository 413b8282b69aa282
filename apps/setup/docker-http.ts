import { request } from 'node:http';

export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

/** One GET on the engine's socket, for what its command line cannot ask. Rejects with the socket's error when nobody answers. */
export const askEngine = (socket: string, path: string, signal: AbortSignal): Promise<EngineAnswer> =>
  new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, path, signal }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.once('error', reject);
    call.end();
  });
