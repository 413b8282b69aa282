/** Several installations may share one queue server. */
export const queuePrefix = (installation: string): string => `holdfast:${installation}`;
