import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Host } from './host.js';
import type { OutputFormat } from './options.js';

/** Where a verb's results, remarks and questions go. */
export class Terminal {
  constructor(
    private readonly host: Host,
    readonly format: OutputFormat,
  ) {}

  /** The result: `document` when JSON was asked for, else `lines`. */
  print(document: unknown, lines: readonly string[]): void {
    const text = this.format === 'json' ? JSON.stringify(document, null, 2) : lines.join('\n');
    if (text !== '') this.host.output.write(`${this.seenOn(this.host.output, text)}\n`);
  }

  /** A part of a result that is too long for the memory; waits while the reader is slow. */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (!this.host.output.write(chunk)) await once(this.host.output, 'drain', { signal: this.host.interrupted });
  }

  /** A remark on the error stream, which with JSON carries nothing but a problem document. */
  note(text: string): void {
    if (this.format === 'text') this.host.errors.write(`${this.seenOn(this.host.errors, text)}\n`);
  }

  /** Colours are for people at a screen who have not forbidden them (no-color.org). */
  private seenOn({ isTTY }: { readonly isTTY?: boolean }, text: string): string {
    const colours = isTTY === true && (this.host.environment['NO_COLOR'] ?? '') === '';
    return colours || this.format === 'json' ? text : stripVTControlCharacters(text);
  }

  get canAsk(): boolean {
    return this.host.input.isTTY === true && this.host.errors.isTTY === true;
  }

  async ask(question: string, { hidden = false } = {}): Promise<string> {
    const { askOn } = await import('./question.js');
    return askOn(this.host, question, hidden);
  }

  /** What is piped in, as it comes. */
  get input(): Host['input'] {
    return this.host.input;
  }

  /** What was piped in. */
  async readInput(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.host.input) chunks.push(Buffer.from(chunk as string | Uint8Array));
    return Buffer.concat(chunks).toString('utf8').trim();
  }

  /**
   * The handle that confirms what cannot be undone: as given, or asked for.
   * Errors: `wrong_usage` when there is nobody to ask.
   */
  async confirmation(name: string, given: string | undefined, consequence: string): Promise<string> {
    if (given !== undefined) return given;
    if (this.canAsk) return this.ask(`${consequence}\nType "${name}" to confirm: `);
    throw new HoldfastError(
      'wrong_usage',
      `${consequence} There is no terminal to ask on, so confirm with --confirm ${name}.`,
    );
  }
}
