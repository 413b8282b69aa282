import type { LogLine, Operation, OperationStep } from '../api/documents.js';
import { durationBetween } from '../text/duration.js';

/** Says what an operation does, each thing once, however often the stream is taken up again. */
export class Progress {
  private readonly said = new Set<string>();

  constructor(private readonly say: (line: string) => void) {}

  begin({ id, type, status }: Operation): void {
    this.once(`operation ${id}`, `${type} ${id} ${status}`);
  }

  step({ name, status, attempt, startedAt, finishedAt }: OperationStep): void {
    if (finishedAt === null) return;
    const mark = status === 'succeeded' ? '' : ` ${status}`;
    this.once(
      `step ${attempt} ${name} ${startedAt}`,
      `  ${durationBetween(startedAt, finishedAt).padStart(8)}  ${name}${mark}`,
    );
  }

  log({ id, level, message }: LogLine): void {
    this.once(`log ${id}`, `  ${level === 'info' ? '' : `${level}: `}${message}`);
  }

  end(operation: Operation): void {
    operation.steps.forEach((step) => this.step(step));
    const { id, type, status, createdAt, finishedAt } = operation;
    this.once(`end ${id}`, `${type} ${status} after ${durationBetween(createdAt, finishedAt ?? createdAt)}`);
  }

  private once(key: string, line: string): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    this.say(line);
  }
}
