/** The variables of this process. The one place that reads them, so that everything else takes them as an argument. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const processEnvironment = (): Environment => process.env;

/** Who runs the process: it decides where the state lives when nobody says so. */
export interface CurrentUser {
  readonly isRoot: boolean;
  readonly homeDirectory: string;
}

export const currentUser = (environment: Environment): CurrentUser => ({
  isRoot: process.getuid?.() === 0,
  homeDirectory: environment['HOME'] ?? '/',
});
