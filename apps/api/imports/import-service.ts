import { createHmac } from 'node:crypto';
import type { Import } from '#contracts/http/imports.js';
import type { routes } from '#contracts/http/routes.js';
import type { ImportFileQuery, ImportWishes } from '#contracts/import-requests.js';
import { diskBoundsGb, memoryBoundsMb } from '#domain/database/size.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { BackupEngines } from '#operations/backup/export.js';
import { importFile } from '#operations/backup/import/import-file.js';
import { requireFit } from '#operations/backup/import/seal-import.js';
import type { Control } from '#operations/control.js';
import {
  planImport,
  requestImport,
  type ImportPlan,
  type RequestedImport,
} from '#operations/requests/request-import.js';
import type { Tx } from '#persistence/connection.js';
import { findEnvironment, lockEnvironment } from '#persistence/environments.js';
import { toDatabase } from '../databases/database-view.js';
import type { Call } from '../http/call.js';
import type { Change, Changes } from '../http/idempotency.js';
import { environmentReference, noSuchEnvironment } from '../http/references.js';
import { operationPath, toOperation, withTarget } from '../operations/operation-view.js';
import { bytesOf } from './request-bytes.js';

type ImportCall = Call<typeof routes.importData>;

/** Data of others on their way in. */
export class ImportService {
  private readonly closing = new AbortController();

  constructor(
    private readonly control: Control,
    private readonly engines: BackupEngines,
    private readonly changes: Changes,
  ) {}

  /** Errors: those of planImport, importFile, requestImport; `environment_not_found`. */
  async file(call: ImportCall): Promise<Import> {
    const { request, params, query } = call;
    const environment = await findEnvironment(this.control.db, environmentReference(params.env));
    if (!environment || environment.deleted_at !== null) throw noSuchEnvironment(params.env);
    const plan = await planImport(this.control, this.control.db, environment, wishesOf(query));
    requireFit(Number(request.headers['content-length'] ?? 0), plan.database);
    // A client that goes away breaks off its body; one that goes when all has come is no reason to stop.
    const { signal } = this.closing;
    return importFile(
      this.control,
      this.engines,
      plan,
      bytesOf(request, signal),
      (sealed, record) => {
        // An Idempotency-Key is for the same bytes as well, so their hash stands in the place of a body.
        request.body = { clearSha256: sealed.manifest.object.clearSha256 };
        return this.changes.once(call, async (tx) => {
          await this.lock(tx, params.env);
          return this.answer(plan, await record(tx, call.caller.actor));
        });
      },
      signal,
    );
  }

  /** Errors: those of planImport and requestImport; `environment_not_found`. */
  async url(call: ImportCall): Promise<Import> {
    const { request, params, query, body } = call;
    if (Object.values(query).some((value) => value !== undefined)) {
      throw invalid('query', 'belongs to a body of bytes; JSON says it all');
    }
    // What is kept of a request with an Idempotency-Key is a hash, and a password may be short enough to be guessed from one.
    request.body = { ...body, sourceUrl: this.blinded(body.sourceUrl) };
    return this.changes.once(call, async (tx) => {
      const environment = await this.lock(tx, params.env);
      const { sourceUrl, tlsCaPem, insecure, ...wishes } = body;
      const plan = await planImport(this.control, tx, environment, wishes);
      const wish = { sourceUrl, tlsCaPem, insecure };
      return this.answer(plan, await requestImport(this.control, tx, call.caller.actor, plan, wish));
    });
  }

  /** Called by Nest before the server closes: an upload may take longer than that waits. */
  onModuleDestroy(): void {
    this.closing.abort(new HoldfastError('internal_error', 'The API closes.'));
  }

  private blinded(text: string): string {
    return createHmac('sha256', this.control.secrets.derive('import-url').key).update(text).digest('hex');
  }

  private async lock(tx: Tx, reference: string) {
    const row = await lockEnvironment(tx, environmentReference(reference), 'key share');
    if (!row || row.deleted_at !== null) throw noSuchEnvironment(reference);
    return row;
  }

  private answer(
    { environment }: ImportPlan,
    { database, doors, operation, backupId }: RequestedImport,
  ): Change<Import> {
    const view = {
      ...database,
      environment_name: environment.name,
      doors,
      replicas: [],
      mark: null,
      exemption: null,
      kept: [],
      own_certificate: null,
    };
    return {
      body: {
        database: toDatabase(this.control)(view),
        operation: toOperation(withTarget(operation, view)),
        backupId,
      },
      location: operationPath(operation.id),
    };
  }
}

const wishesOf = ({ handle, memoryMb, diskGb, version, persistence }: ImportFileQuery): ImportWishes => {
  if (handle === undefined) throw invalid('handle', 'is needed in the query');
  return {
    handle,
    memoryMb: memoryMb ?? memoryBoundsMb.default,
    diskGb: diskGb ?? diskBoundsGb.default,
    ...{ version, persistence },
  };
};

const invalid = (path: string, message: string): HoldfastError =>
  new HoldfastError('invalid_request', `The request has problems with: ${path}.`, { problems: [{ path, message }] });
