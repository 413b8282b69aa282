import type {
  $Command,
  S3Client,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-s3';
import { s3Error } from './s3-errors.js';
import { abortWith } from './until-aborted.js';

type S3Command<Input extends ServiceInputTypes, Output extends ServiceOutputTypes> = $Command<
  Input,
  Output,
  S3ClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes
>;

/** Calls of the client with a deadline, and its errors in our words. */
export class S3Caller {
  constructor(
    readonly description: string,
    private readonly client: S3Client,
    /** For all attempts of a call together. */
    private readonly callMs: number,
  ) {}

  /** Errors: those of the port, or the signal's reason. */
  async call<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: S3Command<Input, Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    const { controller, release } = abortWith(signal);
    const deadline = setTimeout(() => controller.abort(), this.callMs);
    try {
      return await this.client.send(command, { abortSignal: controller.signal });
    } catch (error) {
      throw s3Error(this.description, error, signal);
    } finally {
      clearTimeout(deadline);
      release();
    }
  }
}
