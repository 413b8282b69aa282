import { createConnection } from 'node:net';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { withDeadline } from '../wait/deadline.js';

const answerDeadlineMs = 2_000;

/** HAProxy's runtime API: one connection for each command, which HAProxy ends after its answer. */
export class RuntimeSocket {
  constructor(private readonly path: string) {}

  /** Errors: `edge_unreachable` when nobody listens or no answer comes in time. */
  async ask(command: string, signal: AbortSignal): Promise<string> {
    try {
      return await withDeadline(answerDeadlineMs, signal, (within) => this.exchange(command, within));
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      throw new HoldfastError('edge_unreachable', `the edge's socket ${this.path}: ${reason}`, { cause: error });
    }
  }

  /** For commands that answer nothing when they succeed. */
  async tell(command: string, signal: AbortSignal): Promise<void> {
    const answer = (await this.ask(command, signal)).trim();
    if (answer !== '') throw new HoldfastError('edge_unreachable', `the edge refused a command: ${answer}`);
  }

  private async exchange(command: string, signal: AbortSignal): Promise<string> {
    const socket = createConnection({ path: this.path, signal });
    socket.setEncoding('utf8');
    socket.write(`${command}\n`);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }
}
