import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { answer } from '../api/client.js';
import { unbroken } from '../api/unbroken.js';
import type { Terminal } from '../terminal.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'Write the whole history to the standard output, one JSON line for each entry',
  notes: 'With --output json it is one array instead.',
  examples: ['holdfast audit:export > history.jsonl'],
  async run({ patientApi, terminal }) {
    const body = await answer(patientApi.GET('/v1/audit/export', { parseAs: 'stream' }));
    const lines = Readable.fromWeb(body as ReadableStream<Uint8Array>);
    await (terminal.format === 'json' ? writeArray(lines, terminal) : writeLines(lines, terminal));
  },
});

const writeLines = async (bytes: Readable, terminal: Terminal): Promise<void> => {
  for await (const chunk of unbroken(bytes)) await terminal.write(chunk as Uint8Array);
};

const writeArray = async (bytes: Readable, terminal: Terminal): Promise<void> => {
  let separator = '[\n';
  for await (const line of unbroken(createInterface({ input: bytes, crlfDelay: Infinity }))) {
    await terminal.write(separator + line);
    separator = ',\n';
  }
  await terminal.write(separator === '[\n' ? '[]\n' : '\n]\n');
};
