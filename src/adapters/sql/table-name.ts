import { refuse, string } from "../../core/checks.ts";

/** Names that no database changes; the longest leaves room for the name of an index in PostgreSQL's 63 bytes. */
const NAME = /^[a-z_][a-z0-9_]{0,47}$/;

/** Checks the name of a table, which becomes a part of every statement. */
export function tableName(name: string): string {
  if (!NAME.test(string(name, "table"))) refuse("table", "lower-case letters, digits and _, at most 48 of them");
  return name;
}
