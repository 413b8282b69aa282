import { Duplex } from 'node:stream';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { EngineClient } from './engine-client.js';
import { whenStatus } from './errors.js';
import { FrameReader } from './frames.js';
import { resourceName } from './names.js';

/** By an exec whose connection to the engine is taken over: the engine closes the program's stdin when that connection is gone. */
export const runInside = async (
  client: EngineClient,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Duplex> => {
  const doing = `run ${command[0] ?? ''} in container ${container}`;
  const streams = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  return client
    .call(doing, signal, async (docker, abortSignal) => {
      const request = { ...streams, Cmd: [...command], abortSignal };
      const exec = await docker.getContainer(resourceName(container)).exec(request);
      const stream = await exec.start({ hijack: true, stdin: true, abortSignal });
      const howItEnded = async () => (await client.call(doing, unaborted, () => exec.inspect())).ExitCode;
      const program = new Program(doing, stream, howItEnded);
      if (!abortSignal.aborted) return program;
      // The call was given up while the engine answered: nobody will ever read this.
      program.destroy();
      throw abortSignal.reason;
    })
    .catch(whenStatus(409, (error) => notRunning(container, error)));
};

const unaborted = new AbortController().signal;

const notRunning = (container: string, error: HoldfastError): never => {
  throw new HoldfastError('server_not_ready', `container ${container} does not run`, { cause: error.cause });
};

/** Characters of what a program complained of that are kept; the end says most. */
const complaintLength = 1_000;

/** Stdin when written to; stdout, without the engine's frames, when read from. */
class Program extends Duplex {
  private complaint = '';
  private readonly frames = new FrameReader();

  constructor(
    private readonly doing: string,
    private readonly engine: Duplex,
    private readonly howItEnded: () => Promise<number | null>,
  ) {
    super({ allowHalfOpen: false });
    // A program that nobody listens to any more must not end this process.
    this.on('error', () => undefined);
    engine.on('data', (chunk: Buffer) => this.accept(chunk));
    engine.once('end', () => void this.finish());
    engine.once('error', (error) => this.destroy(error));
    engine.once('close', () => void this.finish());
  }

  override _read(): void {
    this.engine.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.engine.write(chunk, done);
  }

  override _final(done: () => void): void {
    this.engine.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.engine.destroy();
    done(error);
  }

  private accept(chunk: Buffer): void {
    for (const { stream, content } of this.frames.read(chunk)) {
      if (stream === 'stderr') this.complaint = (this.complaint + content.toString()).slice(-complaintLength);
      else if (!this.push(content)) this.engine.pause();
    }
  }

  /** A missing program, and one that fails, are told from one that has said all it had to say. */
  private async finish(): Promise<void> {
    if (this.destroyed) return;
    const code = await this.howItEnded().catch(() => null);
    if (code === 0) this.push(null);
    else {
      const reason = this.complaint.trim() || `exit code ${String(code)}`;
      this.destroy(new HoldfastError('server_not_ready', `${this.doing}: ${reason}`));
    }
  }
}
