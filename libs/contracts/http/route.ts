import type { z } from 'zod';
import type { ErrorCode } from '#domain/errors/catalogue.js';
import type { Permission } from '#domain/permissions/permission.js';

/** Who may call: holders of a permission, everybody, or holders of the permission of the operation kind that is asked for. */
export type Access = Permission | 'public' | 'operation-kind';

export interface Answer {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  /** Missing when there is no body. */
  readonly schema?: z.ZodType;
  /** Media type of the body; JSON when missing. */
  readonly media?: string;
  /** Media type that the route also serves, as a stream, when a client asks for it. */
  readonly streamsAs?: string;
  /** The route writes the body by itself. */
  readonly written?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One route of the API: everything that the router, the guard, the parser and the OpenAPI document need to know about it.
 * A path writes its parameters as `{name}`.
 */
export interface Route {
  /** `operationId` of the OpenAPI document. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Bytes may come in place of the JSON body, of any length and of the type `bytesMedia`; the query says then what the body would say. */
  readonly takesBytes?: true;
  readonly answer: Answer;
  /** Beyond those that every route of its sort can give. */
  readonly errors: readonly ErrorCode[];
}

export const bytesMedia = 'application/octet-stream';

export const defineRoute = <const R extends Route>(route: R): R => route;

type Parsed<R, Key extends string> = R extends { readonly [key in Key]: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

export type ParamsOf<R extends Route> = Parsed<R, 'params'>;
export type QueryOf<R extends Route> = Parsed<R, 'query'>;
export type BodyOf<R extends Route> = Parsed<R, 'body'>;

/** What a handler returns: the body to send, or nothing when there is none or when it writes the answer by itself. */
export type AnswerOf<R extends Route> = R['answer'] extends { readonly written: true }
  ? void
  : R['answer'] extends { readonly schema: infer S extends z.ZodType }
    ? z.input<S>
    : void;
