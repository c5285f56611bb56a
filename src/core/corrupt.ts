/** What to do with a stored value that cannot be decoded: throw an error with code `corrupted`, or treat the entry as missing. */
export type OnCorrupt = "throw" | "miss";
