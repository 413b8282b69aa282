import type { Operation } from '../api/documents.js';
import { operationAt } from '../operations/follow.js';
import { operationOperand } from '../options.js';
import { columns, fields } from '../text/columns.js';
import { durationBetween } from '../text/duration.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'Show an operation with its steps, its error and its receipt',
  operands: [operationOperand()],
  examples: ['holdfast operation:show 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, _options, id) {
    const operation = await operationAt(session, id);
    session.terminal.print(operation, describe(operation));
  },
});

const describe = (operation: Operation): string[] => [
  ...fields({
    id: operation.id,
    type: operation.type,
    databases: operation.databases.map(({ handle }) => handle).join(', '),
    status: operation.status,
    'requested by': operation.requestedBy,
    requested: operation.createdAt,
    started: operation.startedAt,
    finished: operation.finishedAt,
    receipt: operation.receipt && JSON.stringify(operation.receipt),
    error: operation.error && `${operation.error.detail} (${operation.error.code})`,
    remedy: operation.error && operation.error.remedy,
    'left behind': operation.error && operation.error.leftBehind.join(', '),
  }),
  ...columns(operation.steps.map(stepRow)),
];

const stepRow = ({ attempt, name, status, startedAt, finishedAt }: Operation['steps'][number]): string[] => [
  `  attempt ${attempt}`,
  name,
  status,
  finishedAt === null ? '' : durationBetween(startedAt, finishedAt),
];
