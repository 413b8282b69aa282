export interface Canonical {
  /** As `CONFIG GET` shows it on every version. */
  readonly value: string;
}
export interface Wrong {
  /** What a value has to be, after "must". */
  readonly must: string;
}
