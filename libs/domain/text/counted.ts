/** `1 backup`, `3 backups`. The plural has an s behind it unless another one is given. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
