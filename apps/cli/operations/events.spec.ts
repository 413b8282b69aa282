import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from '@jest/globals';
import { readEvents, type StreamEvent } from './events.js';

const text =
  ': hello\n\nid: 7\nevent: log\ndata: {"message":"häufig ✓"}\n\nevent: end\r\ndata: {\r\ndata: "a":1}\r\n\r\n';
const bytes = new TextEncoder().encode(text);
const expected: StreamEvent[] = [
  { id: '7', name: 'log', data: { message: 'häufig ✓' } },
  { id: null, name: 'end', data: { a: 1 } },
];

const streamOf = (chunks: Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(chunk));
      controller.close();
    },
  });

const eventsIn = async (chunks: Uint8Array[]): Promise<StreamEvent[]> => {
  const events: StreamEvent[] = [];
  for await (const event of readEvents(streamOf(chunks))) events.push(event);
  return events;
};

describe('server-sent events', () => {
  it('are the same wherever their bytes are cut in two', async () => {
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(await eventsIn([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(expected);
    }
  });

  it('are the same when each byte comes alone', async () => {
    expect(await eventsIn([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('leave out an event that is not whole', async () => {
    expect(await eventsIn([bytes.slice(0, -2)])).toEqual(expected.slice(0, 1));
  });
});
