/** See migrations/0040: servers are told of it, it is shown, it has been replaced. */
export const passwordStates = ['coming', 'current', 'going'] as const;
export type PasswordState = (typeof passwordStates)[number];
