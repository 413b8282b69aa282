/** What the tests use of s3rver, which has no types of its own. */

declare module 's3rver' {
  import type { AddressInfo } from 'node:net';
  import type FilesystemStore from 's3rver/lib/stores/filesystem.js';

  export interface Context {
    req: NodeJS.ReadableStream;
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string | undefined>>;
    readonly headers: Readonly<Record<string, string | undefined>>;
    status: number;
    type: string;
    body: unknown;
  }

  export default class S3rver {
    constructor(options: Readonly<Record<string, unknown>>);
    store: FilesystemStore;
    readonly context: { store: FilesystemStore };
    readonly middleware: ((context: Context, next: () => Promise<void>) => Promise<void>)[];
    on(event: 'error', listener: (error: unknown) => void): void;
    run(): Promise<AddressInfo>;
    close(): Promise<void>;
    readonly httpServer: import('node:http').Server;
  }
}

declare module 's3rver/lib/stores/filesystem.js' {
  export interface StoredS3Object {
    readonly bucket: string;
    readonly key: string;
    readonly content: NodeJS.ReadableStream;
    readonly metadata: Readonly<Record<string, string>>;
  }
  export interface Listing {
    readonly objects: readonly StoredS3Object[];
    readonly commonPrefixes: readonly string[];
    readonly isTruncated: boolean;
  }

  export default class FilesystemStore {
    constructor(rootDirectory: string);
    readonly rootDirectory: string;
    getResourcePath(bucket: string, key: string | undefined, resource: string): string;
    putMetadata(bucket: string, key: string, metadata: Readonly<Record<string, string>>, md5: string): Promise<void>;
    getObject(bucket: string, key: string, options?: unknown): Promise<StoredS3Object | null>;
    deleteObject(bucket: string, key: string): Promise<void>;
    listObjects(bucket: string, options: { startAfter?: string; maxKeys?: number }): Promise<Listing>;
    putObject(object: StoredS3Object): Promise<{ size: number; md5: string }>;
    putPart(
      bucket: string,
      uploadId: string,
      part: string,
      content: NodeJS.ReadableStream,
    ): Promise<{ size: number; md5: string }>;
    putObjectMultipart(
      bucket: string,
      uploadId: string,
      parts: readonly { readonly number: number; readonly etag: string }[],
    ): Promise<{ size: number; md5: string }>;
  }
}

declare module 's3rver/lib/models/error.js' {
  export default class S3Error extends Error {
    constructor(code: string, message: string);
  }
}
