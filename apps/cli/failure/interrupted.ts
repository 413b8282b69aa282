/** Ctrl-C. `hint` says what goes on without the CLI, if anything does. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(readonly hint: string | null = null) {
    super('interrupted');
  }
}
