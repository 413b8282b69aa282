/** Thrown inside the reader for a file that may be good but holds what the reader does not know; it never leaves the reader. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';

  constructor(readonly reason: string) {
    super(reason);
  }
}
