import { isTime } from "../../core/times.ts";
import type { SentRow } from "../sql/dialect.ts";
import { toSqlText } from "../sql/text.ts";
import { versionIn } from "./history.ts";

/** An entry as a row holds it: the value as JSON text, times by the clock of the object. */
export interface RowEntry {
  readonly json: string;
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** A row of the table of entries. */
export interface StoredRow {
  /** The entry, unless its deadline has passed or the row only marks a removal. */
  readonly entry?: RowEntry | undefined;
  /** Whether the row is not what this library writes, such as one with text for a deadline. */
  readonly damaged: boolean;
  readonly version: string;
  /** The text of the column `version`, with the history of the row. */
  readonly history: string;
}

/** What SQLite returns: values of any type, whatever a column was declared as. */
export interface Columns {
  readonly value: unknown;
  readonly created_at: unknown;
  readonly expires_at: unknown;
  /** Missing if it was not asked for. */
  readonly version?: unknown;
}

export function toStoredRow({ value, created_at, expires_at, version }: Columns): StoredRow {
  const history = typeof version === "string" ? version : "";
  const current = versionIn(history);
  const absent = { entry: undefined, damaged: false, version: current, history };
  if (value === null) return absent;
  const hasVersion = version === undefined || current !== "";
  const createdAt = created_at ?? undefined;
  const expiresAt = expires_at ?? undefined;
  if (typeof value !== "string" || !isTime(createdAt) || !isTime(expiresAt) || !hasVersion) {
    return { ...absent, damaged: true };
  }
  if (expiresAt !== undefined && expiresAt <= Date.now()) return absent;
  return { entry: { json: value, createdAt, expiresAt }, damaged: false, version: current, history };
}

/** An entry as a statement of the SQL family takes it. */
export function toSentRow(key: string, { json, createdAt, expiresAt }: RowEntry, now: number): SentRow {
  const life = expiresAt === undefined ? null : expiresAt - now;
  return { key: toSqlText(key), value: json, created: createdAt ?? null, life };
}
