import { eventually } from '../eventually.js';
import { openOnce, type Login, type ServerAddress } from './direct-link.js';
import type { Acceptance, Journal, Longest } from './journal.js';
import type { Link } from './link.js';
import { readBack, type ReadBack } from './read-back.js';
import { Writer } from './writer.js';

/** Whatever writes and keeps a journal. Ends, and journals everything, within the time given. */
export interface CheckedClient {
  readonly journal: Journal;
  stop(withinMs: number): Promise<void>;
}

export interface CheckerOptions {
  readonly clients: number;
  /** Makes the link of each client that this process runs. */
  readonly link: (client: number) => Link;
  /** Makes a client of another kind, with this prefix for its keys, or null for one of this process. */
  readonly foreign?: (client: number, key: string) => CheckedClient | null;
  /** First part of all keys; another one for each run. */
  readonly key: string;
  /** Between two writes of a client. Default 0. */
  readonly thinkMs?: number;
}

export interface ClientError {
  readonly client: number;
  readonly text: string;
  readonly count: number;
}

export interface Verdict {
  /** What a server acknowledged and the new primary does not have, or has otherwise. */
  readonly complaints: readonly string[];
  /** Acknowledged entries of lists and streams that it does not have. */
  readonly lost: number;
  /** Writes that were acknowledged; a pipeline counts as one. */
  readonly acknowledged: number;
  /** Of each client. */
  readonly longest: readonly Longest[];
  /** What came out of the clients' libraries. */
  readonly errors: readonly ClientError[];
  /** For `handovers`, together with those of a watcher. */
  readonly acceptances: readonly Acceptance[];
}

const stopsWithinMs = 15_000;

/** Many clients that write at once, each to keys of its own, until `verdict` reads everything back. */
export class Checker {
  private constructor(
    private readonly options: CheckerOptions,
    private readonly writers: readonly CheckedClient[],
  ) {}

  static start(options: CheckerOptions): Checker {
    const { foreign, link, thinkMs = 0 } = options;
    const writers = Array.from({ length: options.clients }, (_, client) => {
      const key = keyOf(options, client);
      return foreign?.(client, key) ?? new Writer(client, link(client), key, thinkMs);
    });
    return new Checker(options, writers);
  }

  /** Waits until each client has had this many writes acknowledged from now on. */
  async moreWrites(count: number, withinMs = 30_000): Promise<void> {
    const wanted = this.journals.map(({ acknowledged }) => acknowledged + count);
    await eventually(
      () => {
        const late = this.journals.filter(({ acknowledged }, client) => acknowledged < wanted[client]!);
        if (late.length === 0) return;
        throw new Error(`${late.length} clients do not get on: ${late.map(({ client }) => client).join(', ')}`);
      },
      { withinMs },
    );
  }

  /** What lies before, as the clients' first connections, is no part of what is measured. */
  measureAnew(): void {
    for (const journal of this.journals) journal.measureAnew();
  }

  /** Stops the clients and compares what this server has with everything that they were told. */
  async verdict(primary: ServerAddress, login: Login): Promise<Verdict> {
    await this.stop();
    const reader = await openOnce(primary, login);
    try {
      const found: ReadBack[] = [];
      for (const journal of this.journals)
        found.push(await readBack(reader, journal, keyOf(this.options, journal.client)));
      const lost = found.reduce((sum, each) => sum + each.lost, 0);
      return { complaints: found.flatMap(({ complaints }) => complaints), lost, ...this.summary() };
    } finally {
      reader.disconnect();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.writers.map((writer) => writer.stop(stopsWithinMs)));
  }

  private summary(): Omit<Verdict, 'complaints' | 'lost'> {
    return {
      acknowledged: this.journals.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      longest: this.journals.map(({ longest }) => longest),
      errors: this.journals.flatMap(({ client, errors }) =>
        [...errors].map(([text, count]) => ({ client, text, count })),
      ),
      acceptances: this.journals.flatMap(({ acceptances }) => acceptances),
    };
  }

  private get journals(): readonly Journal[] {
    return this.writers.map(({ journal }) => journal);
  }
}

const keyOf = ({ key }: CheckerOptions, client: number): string => `${key}:${client}:`;
