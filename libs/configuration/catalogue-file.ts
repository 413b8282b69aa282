import type { Catalogue } from '#domain/catalogue/version.js';
import { parseCatalogue, readCatalogueText } from './catalogue.js';
import { ConfigurationError } from './configuration-error.js';

/** A file that is asked for more often than this is not read again. */
const lookEveryMs = 1000;

/**
 * The version catalogue as its file has it now. It is looked at when it is asked for, so that a process that uses it needs no restart and
 * one that does not costs nothing. A file that is not valid, or half written, changes nothing: the catalogue before it stays in force.
 */
export class CatalogueFile {
  /** Null while it cannot be read. */
  private text: string | null;
  private catalogue: Catalogue;
  private refused: ConfigurationError | null = null;
  private lookedAtMs: number;

  /** Errors: `ConfigurationError`, when there is none to begin with. */
  constructor(
    private readonly file: string | null,
    /** Told once of each content that is refused. */
    private readonly onRefused: (error: ConfigurationError) => void,
    private readonly clockMs: () => number = () => performance.now(),
  ) {
    this.lookedAtMs = clockMs();
    const text = readCatalogueText(file);
    this.catalogue = parseCatalogue(file, text);
    this.text = text;
  }

  get current(): Catalogue {
    this.look();
    return this.catalogue;
  }

  /** Why the file as it is now is not used; null while it is. */
  get refusal(): ConfigurationError | null {
    this.look();
    return this.refused;
  }

  private look(): void {
    if (this.clockMs() - this.lookedAtMs < lookEveryMs) return;
    this.lookedAtMs = this.clockMs();
    const before = this.text;
    this.text = null;
    try {
      const text = readCatalogueText(this.file);
      this.text = text;
      if (text === before) return;
      this.catalogue = parseCatalogue(this.file, text);
      this.refused = null;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      if (error.detail !== this.refused?.detail) this.onRefused(error);
      this.refused = error;
    }
  }
}
