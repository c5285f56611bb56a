/** True for arrays and for objects made by a literal, also those of another realm; false for class instances. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of arrays is an array itself; that of a class which extends Array is not.
  if (Array.isArray(value)) return Array.isArray(prototype);
  return !prototype || !Object.getPrototypeOf(prototype);
}

/** Says in a message what was given. Of a string or an object it only says the kind: it may be a secret. */
export function shown(given: unknown): string {
  if (given == null || typeof given === "number") return `${given}`;
  if (typeof given !== "object") return `a ${typeof given}`;
  if (!isPlain(given)) return `an instance of ${Object.getPrototypeOf(given).constructor?.name || "a class"}`;
  return Array.isArray(given) ? "an array" : "an object";
}
