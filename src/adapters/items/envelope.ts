import { type Entry, live } from "../../core/entry.ts";
import { type JsonValue, toJson } from "../../core/json.ts";
import { isPlain } from "../../core/kinds.ts";
import { isTime } from "../../core/times.ts";

/** What is kept under a name, as JSON text. It has everything that the storage may have no place for. */
interface Envelope {
  readonly v: 1;
  readonly value: JsonValue;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  /** Set if the name has a hash instead of the collection or the key. */
  readonly address?: readonly [collection: string, key: string] | undefined;
}

export type Address = readonly [collection: string, key: string];

/** What a stored value turns out to be. */
export type Opened = { readonly entry: Entry; readonly address: Address | undefined } | "missing" | "corrupted";

/** Returns the text of an entry. */
export function seal({ value, createdAt, expiresAt }: Entry, address: Address | undefined): string {
  const envelope: Envelope = { v: 1, value, createdAt, expiresAt, address };
  return JSON.stringify(envelope);
}

/** Reads a stored value. Some storage parses JSON on its own, so this takes an object as well. */
export function open(stored: unknown): Opened {
  if (stored === null || stored === undefined) return "missing";
  const envelope = typeof stored === "string" ? parse(stored) : stored;
  if (!isEnvelope(envelope)) return "corrupted";
  const { value, createdAt, expiresAt, address } = envelope;
  try {
    return { entry: { value: toJson(value), createdAt, expiresAt }, address };
  } catch {
    return "corrupted";
  }
}

/** The entry of an opened value, unless it has expired. */
export function liveEntry(opened: Opened): Entry | undefined {
  return typeof opened === "string" ? undefined : live(opened.entry);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEnvelope(stored: unknown): stored is Envelope {
  if (typeof stored !== "object" || stored === null || !isPlain(stored)) return false;
  const { v, value, createdAt, expiresAt, address } = stored as Partial<Envelope>;
  const isAddress = address === undefined || (Array.isArray(address) && address.length === 2);
  return v === 1 && value !== undefined && value !== null && isTime(createdAt) && isTime(expiresAt) && isAddress;
}
