import type { LoggerService } from '@nestjs/common';
import type { Logger } from '#observability/logger.js';

/** Nest's own messages in our log; what it says of each route at start is of no use to anybody. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({ message }, 'nest');
  }

  warn(message: unknown): void {
    this.logger.warn({ message }, 'nest');
  }

  error(message: unknown): void {
    this.logger.error({ message }, 'nest');
  }
}
