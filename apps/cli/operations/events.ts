import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ReadableStream, TransformStream } from 'node:stream/web';

export interface StreamEvent {
  readonly id: string | null;
  readonly name: string;
  readonly data: unknown;
}

/** The server-sent events of a body, however its bytes are cut into chunks. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const text = new TextDecoderStream() as TransformStream<Uint8Array, string>;
  for await (const message of body.pipeThrough(text).pipeThrough(new EventSourceParserStream())) {
    yield { id: message.id ?? null, name: message.event ?? 'message', data: JSON.parse(message.data) as unknown };
  }
}
