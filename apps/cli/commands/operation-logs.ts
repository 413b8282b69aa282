import { answer } from '../api/client.js';
import type { LogLine } from '../api/documents.js';
import { itemsOf, type Page } from '../api/pages.js';
import { operationOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Print the stored log of an operation',
  operands: [operationOperand()],
  examples: ['holdfast operation:logs 0199d3a0-0000-7000-8000-000000000000'],
  async run({ api, terminal }, _options, id) {
    const path = { id };
    // The route can also stream; without asking for that it answers with a page.
    const lines = await itemsOf(
      (query) => answer(api.GET('/v1/operations/{id}/log', { params: { path, query } })) as Promise<Page<LogLine>>,
    );
    terminal.print(
      lines,
      lines.map(({ at, level, message }) => `${at} ${level.padEnd(5)} ${message}`),
    );
  },
});
