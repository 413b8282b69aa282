import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { Control } from '#operations/control.js';
import { condemnAfterExport } from '#operations/backup/condemn-export.js';
import { prepareExport, type BackupEngines, type BackupExport } from '#operations/backup/export.js';
import type { BackupRow } from '#persistence/tables.js';
import { untilClosed } from '../http/until-closed.js';

/** A client that takes no byte for so long has gone, or will not come back to it: it holds a file and a process open. */
const idleMs = 5 * 60_000;

/** Backups on their way out, as plain RDB files. */
export class BackupExports {
  private readonly closing = new AbortController();

  constructor(
    private readonly control: Control,
    private readonly engines: BackupEngines,
  ) {}

  /**
   * Errors before the first byte: those of `prepareExport`. Later ones cut the connection: the body is shorter than was said, and that is
   * how a client tells. A backup that is found corrupt is relied on by nobody any longer. HEAD reads no data, and leaves no trace in the
   * history.
   */
  async write(actor: string, backup: BackupRow, request: Request, response: Response): Promise<void> {
    try {
      await this.send(actor, backup, request, response);
    } catch (error) {
      await condemnAfterExport(this.control, this.engines, actor, backup, error, this.closing.signal);
      throw error;
    }
  }

  private async send(actor: string, backup: BackupRow, request: Request, response: Response): Promise<void> {
    const signal = AbortSignal.any([untilClosed(response), this.closing.signal]);
    const prepared = await prepareExport(this.control, this.engines, backup, signal);
    if (request.method === 'HEAD') return void describe(response, prepared).end();
    const body = new Watched(await prepared.open(actor), signal);
    describe(response, prepared).setTimeout(idleMs, () => response.destroy());
    // Also what is wrong with the first bytes shows as an answer that is cut, and not as none.
    response.flushHeaders();
    try {
      await pipeline(body.bytes(), response, { signal });
    } catch (error) {
      response.destroy();
      if (body.failure !== null) throw body.failure.error;
      // Whoever went away is not told, and what was cut at our end is no failure of the data.
      if (!signal.aborted) throw error;
    }
  }

  /** Called by Nest before the server closes: an export may take longer than that waits. */
  onModuleDestroy(): void {
    this.closing.abort();
  }
}

/** The cut that tells the client also ends the signal, so what went wrong before is kept apart from what follows of it. */
class Watched {
  failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly body: AsyncIterable<Buffer>,
    private readonly signal: AbortSignal,
  ) {}

  async *bytes(): AsyncGenerator<Buffer> {
    try {
      yield* this.body;
    } catch (error) {
      if (!this.signal.aborted) this.failure = { error };
      throw error;
    }
  }
}

const describe = (response: Response, { fileName, sizeBytes, sha256 }: BackupExport): Response =>
  response.set({
    'Content-Type': 'application/octet-stream',
    'Content-Length': String(sizeBytes),
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'Repr-Digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    'Cache-Control': 'no-store',
  });
