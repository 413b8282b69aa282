import { ServerReply } from '../../ports/server-reply.js';
import type { ServerLink } from '../server-link.js';

/** A server may need so long for a large value, or a proxy for its own server. */
const silenceMs = 60_000;
const longestLine = 64 * 1024;
/** Of replies that are held in memory; values are not. Function libraries and pages of SCAN are far smaller. */
const longestHeldBytes = 32 * 1024 * 1024;
const mostItems = 1_000_000;

export type BinaryReply = Buffer | number | null | readonly BinaryReply[];

/** Replies of a server as bytes, in the order of the commands. An error reply is thrown, as `server_not_ready`. */
export class ReplyReader {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly link: ServerLink) {}

  /** Sends commands in one write. Their replies must be read before many more are sent. */
  send(...commands: readonly (readonly (string | Buffer)[])[]): void {
    this.link.write(Buffer.concat(commands.flatMap(encoded)));
  }

  async ask(...command: readonly (string | Buffer)[]): Promise<BinaryReply> {
    this.send(command);
    return this.reply();
  }

  async reply(): Promise<BinaryReply> {
    const line = await this.line();
    const size = Number(line.slice(1));
    switch (line.charAt(0)) {
      case '+':
        return Buffer.from(line.slice(1), 'latin1');
      case ':':
        return size;
      case '$':
        return size < 0 ? null : this.held(size);
      case '*': {
        if (!(size <= mostItems)) throw this.nonsense();
        const items: BinaryReply[] = [];
        while (items.length < size) items.push(await this.reply());
        return items;
      }
      default:
        throw line.startsWith('-') ? this.link.failure(new ServerReply(line.slice(1))) : this.nonsense();
    }
  }

  /** The length of a string that follows, to be taken by `bytes` and `end`; null when there is none. */
  async stringLength(): Promise<number | null> {
    const line = await this.line();
    if (line.startsWith('-')) throw this.link.failure(new ServerReply(line.slice(1)));
    if (!/^\$(-1|\d{1,15})$/.test(line)) throw this.nonsense();
    const length = Number(line.slice(1));
    return length < 0 ? null : length;
  }

  /** At least one byte, and at most so many. */
  async some(most: number): Promise<Buffer> {
    if (this.rest.length === 0) this.rest = await this.link.bytes(silenceMs);
    const taken = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(taken.length);
    return taken;
  }

  async exactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0;) {
      const part = await this.some(missing);
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** Behind the last byte of a string. */
  async end(): Promise<void> {
    if ((await this.exactly(2)).toString('latin1') !== '\r\n') throw this.nonsense();
  }

  nonsense(): Error {
    return this.link.failure(new ServerReply('no Redis protocol'));
  }

  private async held(size: number): Promise<Buffer> {
    if (!(size <= longestHeldBytes)) throw this.nonsense();
    const bytes = Buffer.from(await this.exactly(size));
    await this.end();
    return bytes;
  }

  private async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf(0x0a);
      if (end >= 0) {
        const line = this.rest.toString('latin1', 0, end).trimEnd();
        this.rest = this.rest.subarray(end + 1);
        return line;
      }
      if (this.rest.length > longestLine) throw this.nonsense();
      this.rest = Buffer.concat([this.rest, await this.link.bytes(silenceMs)]);
    }
  }
}

const encoded = (command: readonly (string | Buffer)[]): Buffer[] => {
  const parts: Buffer[] = [Buffer.from(`*${String(command.length)}\r\n`)];
  for (const word of command) {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    parts.push(Buffer.from(`$${String(bytes.length)}\r\n`), bytes, crlf);
  }
  return parts;
};

const crlf = Buffer.from('\r\n');
