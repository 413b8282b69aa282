/** An error reply, its code as the first word. */
export class FakeReplyError extends Error {
  override readonly name = 'FakeReplyError';
}
