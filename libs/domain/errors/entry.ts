/**
 * `retry` errors are transient: the operation is tried again. `fail` errors are final: trying again
 * without changing something cannot help.
 */
export type Disposition = 'retry' | 'fail';

export interface ErrorEntry {
  /** Of the HTTP answer. */
  readonly status: number;
  readonly disposition: Disposition;
  readonly title: string;
  readonly remedy: string;
}

export const entry = (status: number, disposition: Disposition, title: string, remedy: string): ErrorEntry => ({
  status,
  disposition,
  title,
  remedy,
});
