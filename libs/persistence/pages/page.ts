export interface PageRequest {
  /** Rows at the most. */
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: string | undefined;
}
