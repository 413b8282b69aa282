const hour = 3_600_000;

/** For how long a password works on after another one has taken its place. */
export const graceBoundsHours = { minimum: 1, maximum: 720, default: 24 } as const;

export interface Grace {
  readonly graceHours?: number | undefined;
  /** No grace: whatever was valid before ends with the rotation. */
  readonly now?: boolean | undefined;
}

/** When the passwords that a rotation replaces stop working. */
export const graceEnd = ({ graceHours = graceBoundsHours.default, now = false }: Grace, at: Date): Date =>
  new Date(at.getTime() + (now ? 0 : graceHours * hour));
