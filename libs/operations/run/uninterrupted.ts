/**
 * For calls that make something: an aborted call only drops the connection while the engine goes on, and the way back of a
 * cancelled operation would look before the thing is there. So they are waited for; the engine has a deadline of its own.
 */
export const uninterrupted = (): AbortSignal => new AbortController().signal;
