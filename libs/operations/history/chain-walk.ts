import { chainStart, checkLink, type ChainProblem, type ChainPosition, type Checkpoint } from '#domain/audit/chain.js';
import type { CheckpointFile } from './checkpoints.js';

const mostProblems = 100;

/** One walk over the chain, from its first entry to its last, beside the checkpoints. */
export class ChainWalk {
  readonly problems: ChainProblem[] = [];
  entries = 0;
  private position = chainStart;
  /** An entry may have been signed more than once. A later signature takes nothing back: the entry may have been forged in between. */
  private readonly expected = new Map<number, readonly Checkpoint[]>();

  constructor(
    private readonly file: Pick<CheckpointFile, 'isAuthentic'>,
    private readonly checkpoints: readonly Checkpoint[],
  ) {
    for (const checkpoint of checkpoints) {
      this.expected.set(checkpoint.seq, [...(this.expected.get(checkpoint.seq) ?? []), checkpoint]);
    }
  }

  checkSignatures(): void {
    for (const checkpoint of this.checkpoints) {
      if (this.file.isAuthentic(checkpoint)) continue;
      this.note(
        checkpoint.seq,
        'checkpoint-invalid',
        `The checkpoint of entry ${checkpoint.seq} has no valid signature.`,
      );
    }
  }

  visit(entry: { seq: number; body: string; hash: string }): void {
    const { position, problem } = checkLink(this.position, entry);
    if (problem && this.problems.length < mostProblems) this.problems.push(problem);
    this.position = position;
    this.entries++;
    const denied = this.expected.get(entry.seq)?.find(({ hash }) => hash !== entry.hash);
    if (denied) {
      this.note(
        entry.seq,
        'recomputed',
        `The chain up to entry ${entry.seq} is not the one that was signed at ${denied.at}.`,
      );
    }
  }

  checkEnd(head: ChainPosition): void {
    const signed = this.checkpoints.reduce((seq, checkpoint) => Math.max(seq, checkpoint.seq), 0);
    const end = Math.max(head.seq, signed);
    if (this.position.seq < end) {
      this.note(this.position.seq + 1, 'cut-off', `Entries ${this.position.seq + 1} to ${end} are missing at the end.`);
    } else if (this.position.hash !== head.hash) {
      this.note(this.position.seq, 'recomputed', 'The last entry is not the one that the head of the chain names.');
    }
  }

  private note(seq: number, problem: ChainProblem['problem'], detail: string): void {
    if (this.problems.length < mostProblems) this.problems.push({ seq, problem, detail });
  }
}
