import { randomBytes } from 'node:crypto';

/** A command that changed data, and the offset of the replication stream behind it. */
interface Entry {
  readonly end: number;
  readonly command: readonly string[];
}

const noId = '0'.repeat(40);
const newId = (): string => randomBytes(20).toString('hex');

/** Replication ids, the offset, and the stream since the first follower came. The stream is never cut short here. */
export class FakeHistory {
  id = newId();
  secondId = noId;
  secondOffset = -1;
  offset = 0;
  private firstOffset: number | null = null;
  private entries: Entry[] = [];
  private inTransaction = false;

  /** The first follower makes a server keep its stream; what was written before counts for nothing. */
  begin(): void {
    this.firstOffset ??= this.offset;
  }

  append(command: readonly string[]): void {
    if (this.firstOffset === null) return;
    this.offset += streamBytes(command);
    this.entries.push({ end: this.offset, command });
  }

  /** MULTI, once, until `close` writes its EXEC. */
  open(): void {
    if (!this.inTransaction) this.append(['MULTI']);
    this.inTransaction = true;
  }

  close(): void {
    if (this.inTransaction) this.append(['EXEC']);
    this.inTransaction = false;
  }

  since(offset: number): readonly (readonly string[])[] {
    return this.entries.filter(({ end }) => end > offset).map(({ command }) => command);
  }

  /** Whether a follower that stands there can be sent what it lacks, instead of everything. */
  continues({ id, offset }: FakeHistory): boolean {
    if (this.firstOffset === null || offset < this.firstOffset || offset > this.offset) return false;
    return id === this.id || (id === this.secondId && offset < this.secondOffset);
  }

  /** A replica takes on its source's history after a full copy: nothing of its own before is left. */
  adopt(source: FakeHistory): void {
    this.id = source.id;
    this.secondId = noId;
    this.secondOffset = -1;
    this.offset = source.offset;
    this.firstOffset = this.offset;
    this.entries = [];
  }

  /** A source that was promoted goes on under another id; its replicas take it on with the stream. */
  rename(id: string): void {
    if (id === this.id) return;
    this.secondId = this.id;
    this.secondOffset = this.offset + 1;
    this.id = id;
  }

  /** A replica that becomes a primary begins a history of its own, that goes on from where it stands. */
  branch(): void {
    this.rename(newId());
  }

  /** What INFO tells of the stream that is kept. */
  get backlog(): { readonly active: boolean; readonly firstByte: number; readonly length: number } {
    const first = this.firstOffset ?? 0;
    return { active: this.firstOffset !== null, firstByte: first + 1, length: this.offset - first };
  }
}

/** As the protocol has it: `*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n`. */
const streamBytes = (command: readonly string[]): number =>
  command.reduce(
    (sum, word) => {
      const length = Buffer.byteLength(word);
      return sum + String(length).length + length + 5;
    },
    String(command.length).length + 3,
  );
