import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** The parts of an answer that comes bit by bit. Errors: `api_unreachable` when the connection is lost on the way. */
export async function* unbroken<Part>(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
  try {
    yield* parts;
  } catch (cause) {
    throw new HoldfastError('api_unreachable', 'The connection was lost in the middle of the answer.', { cause });
  }
}
