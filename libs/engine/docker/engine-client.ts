import Docker from 'dockerode';
import { withDeadline } from '../wait/deadline.js';
import { withSilenceLimit, type Silence } from '../wait/silence.js';
import { toHoldfastError } from './errors.js';

export interface DockerEngineOptions {
  readonly socketPath: string;
  /** How long one call may take before the engine counts as unreachable. Default 60,000. */
  readonly callDeadlineMs?: number;
}

/** The engine's API with a deadline on each call and its errors translated. */
export class EngineClient {
  private readonly docker: Docker;
  private readonly callDeadlineMs: number;

  constructor(options: DockerEngineOptions) {
    // Both are named so that a DOCKER_HOST in the environment cannot lead us to another engine.
    this.docker = new Docker({ socketPath: options.socketPath, host: '', protocol: 'http' });
    this.callDeadlineMs = options.callDeadlineMs ?? 60_000;
  }

  /**
   * One call. `doing` says in words what is tried, for the error. `extraMs` is what the engine may take beyond its usual time.
   * An aborted call only drops the connection: the engine may still carry it out.
   */
  async call<T>(
    doing: string,
    signal: AbortSignal,
    send: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    extraMs = 0,
  ): Promise<T> {
    try {
      return await withDeadline(this.callDeadlineMs + extraMs, signal, (either) => send(this.docker, either));
    } catch (error) {
      signal.throwIfAborted();
      throw toHoldfastError(error, doing);
    }
  }

  /**
   * One call of any length, fed by the caller: what counts is not how long it takes but how long the engine leaves it standing. The caller
   * says when it waits for the engine, and when no more.
   */
  async feed<T>(
    doing: string,
    signal: AbortSignal,
    send: (docker: Docker, silence: Silence) => Promise<T>,
  ): Promise<T> {
    try {
      return await withSilenceLimit(this.callDeadlineMs, signal, (silence) => send(this.docker, silence));
    } catch (error) {
      signal.throwIfAborted();
      throw toHoldfastError(error, doing);
    }
  }
}
