import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { AnswerOf, Route } from '#contracts/http/route.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Control } from '#operations/control.js';
import { answerContext } from '#operations/secrets/secret-box.js';
import { isDeadlock, type Tx } from '#persistence/connection.js';
import { claimIdempotencyKey, storeAnswer } from '#persistence/idempotency.js';
import type { Call } from './call.js';

export interface Change<Body> {
  readonly body: Body;
  /** Path of what was made. */
  readonly location?: string;
}

/** Each deadlock lets one of those that are in it go on, so that few tries are enough for many. */
const mostTries = 5;

/** Runs changes in one transaction each, and those with an Idempotency-Key at most once. */
export class Changes {
  constructor(private readonly control: Control) {}

  /**
   * Answers with what the change returns, or with the stored answer to the same request.
   * Errors: `idempotency_key_reused`, `invalid_request` for a bad key, and those of the change, which leave the key unused.
   */
  async once<R extends Route>(call: Call<R>, change: (tx: Tx) => Promise<Change<AnswerOf<R>>>): Promise<AnswerOf<R>> {
    const key = keyOf(call.request);
    const answer = await this.inTransaction((tx) =>
      key === null ? change(tx) : this.changeOrReplay(tx, call, key, change),
    );
    if (answer.location !== undefined) call.response.location(answer.location);
    return answer.body;
  }

  private async inTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let triesLeft = mostTries; ; triesLeft--) {
      try {
        return await this.control.db.transaction().execute(work);
      } catch (error) {
        if (triesLeft === 1 || !isDeadlock(error)) throw error;
      }
    }
  }

  private async changeOrReplay<R extends Route>(
    tx: Tx,
    call: Call<R>,
    key: string,
    change: (tx: Tx) => Promise<Change<AnswerOf<R>>>,
  ): Promise<Change<AnswerOf<R>>> {
    const requestHash = hashOf(call.request);
    const stored = await claimIdempotencyKey(tx, call.caller.id, key, requestHash);
    if (stored === null) return this.changeAndStore(tx, call, key, change);
    if (stored.requestHash !== requestHash) {
      throw new HoldfastError('idempotency_key_reused', `The key "${key}" was sent with another request.`);
    }
    call.response.setHeader('Idempotency-Replayed', 'true');
    const body = JSON.parse(
      this.control.secrets.open(String(stored.body), answerContext(call.caller.id, key)),
    ) as AnswerOf<R>;
    return { body, ...(stored.location === null ? {} : { location: stored.location }) };
  }

  /** The answer is kept sealed, since it may hold a secret that is shown only once. */
  private async changeAndStore<R extends Route>(
    tx: Tx,
    call: Call<R>,
    key: string,
    change: (tx: Tx) => Promise<Change<AnswerOf<R>>>,
  ): Promise<Change<AnswerOf<R>>> {
    const answer = await change(tx);
    await storeAnswer(tx, call.caller.id, key, {
      status: call.response.statusCode,
      location: answer.location ?? null,
      body: this.control.secrets.seal(JSON.stringify(answer.body), answerContext(call.caller.id, key)),
    });
    return answer;
  }
}

const keyOf = ({ headers }: Request): string | null => {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  throw new HoldfastError('invalid_request', 'The Idempotency-Key is not valid.', {
    problems: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
  });
};

const hashOf = (request: Request): string =>
  createHash('sha256')
    .update(`${request.method} ${request.originalUrl}\n${JSON.stringify(request.body ?? null)}`)
    .digest('hex');
