import { parseBytes } from './bytes.js';
import { canonicalEvents } from './event-classes.js';
import { canonicalLimits } from './buffer-limits.js';
import type { Canonical, Wrong } from './canonical.js';
import { canonicalSavePoints } from './save-points.js';

/** What a setting takes. Bounds are of Holdfast: narrower than those of Redis where a value would break a promise. */
export type ValueType =
  | { readonly kind: 'integer'; readonly minimum: number; readonly maximum: number }
  /** Bytes, written as a number or with kb, mb, gb. */
  | { readonly kind: 'bytes'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  /** Classes of keyspace events, such as `KEx`. */
  | { readonly kind: 'events' }
  /** Pairs of seconds and changes, such as `900 1 300 10`. */
  | { readonly kind: 'save-points' }
  /** Of the classes `normal` and `pubsub`: hard limit, soft limit, seconds. */
  | { readonly kind: 'buffer-limits' };

/** What a person or a program sends. */
export type SettingInput = string | number | boolean;

const wholeNumber = /^-?\d{1,16}$/;

/** The one form of a value, or what it must be. */
export const canonicalValue = (type: ValueType, input: SettingInput): Canonical | Wrong => {
  const text = String(input).trim();
  switch (type.kind) {
    case 'integer':
      return within(type, wholeNumber.test(text) ? Number(text) : NaN, 'be a whole number');
    case 'bytes':
      return within(type, parseBytes(text), 'be bytes, such as 1048576, 64mb or 1gb,');
    case 'boolean':
      return booleanOf(text);
    case 'choice':
      return type.values.includes(text) ? { value: text } : { must: `be one of ${type.values.join(', ')}` };
    case 'events':
      return canonicalEvents(text);
    case 'save-points':
      return canonicalSavePoints(text);
    case 'buffer-limits':
      return canonicalLimits(text);
  }
};

const within = (
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
  value: number,
  what: string,
): Canonical | Wrong =>
  value >= minimum && value <= maximum
    ? { value: String(value) }
    : { must: `${what} from ${String(minimum)} to ${String(maximum)}` };

const booleans: Readonly<Record<string, string>> = { yes: 'yes', true: 'yes', no: 'no', false: 'no' };

const booleanOf = (text: string): Canonical | Wrong => {
  const value = Object.hasOwn(booleans, text) ? booleans[text] : undefined;
  return value === undefined ? { must: 'be yes or no' } : { value };
};

/** For people: what a setting takes. */
export const describeType = (type: ValueType): string => {
  switch (type.kind) {
    case 'integer':
      return `${String(type.minimum)} to ${String(type.maximum)}`;
    case 'bytes':
      return `${String(type.minimum)} to ${String(type.maximum)} bytes`;
    case 'boolean':
      return 'yes or no';
    case 'choice':
      return type.values.join(', ');
    case 'events':
      return 'classes of events';
    case 'save-points':
      return 'pairs of seconds and changes';
    case 'buffer-limits':
      return 'hard, soft and seconds of normal and pubsub';
  }
};
