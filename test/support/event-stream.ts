/** What the data of all events have between them. */
export interface StreamData {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly status: string;
  readonly receipt: unknown;
}

export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: StreamData;
}

/** An open `text/event-stream`: its events in their order, until the server ends it. */
export class EventReader {
  private constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {}

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const controller = new AbortController();
    const all = { accept: 'text/event-stream', ...headers };
    return new EventReader(await fetch(url, { headers: all, signal: controller.signal }), controller);
  }

  async *events(): AsyncGenerator<StreamEvent> {
    if (!this.response.body) return;
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of this.response.body) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) if (!block.startsWith(':')) yield parse(block);
    }
  }

  /** Hangs up. */
  close(): void {
    this.controller.abort();
  }
}

const parse = (block: string): StreamEvent => {
  const field = (name: string) =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return {
    event: field('event') ?? 'message',
    id: field('id'),
    data: JSON.parse(field('data') ?? 'null') as StreamData,
  };
};
