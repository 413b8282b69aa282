import { ReplyError, type ChainableCommander, type Redis } from 'ioredis';
import type { Outcome } from './journal.js';

export type Command = readonly [name: string, ...args: string[]];

/** What one command of a write came to. */
export interface Answer {
  readonly outcome: Outcome;
  readonly reply: unknown;
  /** Null when it was acknowledged. */
  readonly error: string | null;
}

export interface Answers {
  /** One for each command. */
  readonly answers: readonly Answer[];
  /** Who answered, null where the client cannot know. */
  readonly server: string | null;
  /** The library may have sent the commands twice. */
  readonly resent: boolean;
}

/** `single` sends one command, `pipeline` all at once, `transaction` all within MULTI and EXEC. */
export type Way = 'single' | 'pipeline' | 'transaction';

/** How a client of the checker reaches the primary, as an application would. Never throws for what a server or a network does. */
export interface Link {
  send(commands: readonly Command[], way: Way): Promise<Answers>;
  close(): void;
}

/** Sends over one connection of ioredis. */
export const sendOver = async (client: Redis, commands: readonly Command[], way: Way): Promise<readonly Answer[]> => {
  if (way === 'single') return Promise.all(commands.map((command) => answerOf(client.call(...command))));
  return batched(way === 'pipeline' ? client.pipeline() : client.multi(), commands);
};

const batched = async (batch: ChainableCommander, commands: readonly Command[]): Promise<readonly Answer[]> => {
  for (const command of commands) batch.call(...command);
  try {
    const results = await batch.exec();
    // EXEC answers nothing when it did nothing.
    if (results === null) return commands.map(() => refusal('the transaction was discarded'));
    return results.map(([error, reply]) => (error ? failure(error) : acknowledged(reply)));
  } catch (error) {
    return commands.map(() => failure(error));
  }
};

const answerOf = (reply: Promise<unknown>): Promise<Answer> => reply.then(acknowledged, failure);

const acknowledged = (reply: unknown): Answer => ({ outcome: 'acknowledged', reply, error: null });

const refusal = (error: string): Answer => ({ outcome: 'refused', reply: null, error });

/** Only an error reply of the server says that nothing was done. */
const failure = (error: unknown): Answer => {
  const text = error instanceof Error ? error.message : String(error);
  return error instanceof ReplyError ? refusal(text) : { outcome: 'unknown', reply: null, error: text };
};
