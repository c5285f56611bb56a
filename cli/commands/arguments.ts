import { InvalidArgumentError } from "commander";

/** Reads a whole number from 1 to `max`. */
const wholeUpTo = (max: number) => (text: string) => {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= max) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${max}.`);
};

export const wholeNumber = wholeUpTo(100_000);

/** How many names to list, at most. */
export const listLimit = wholeUpTo(1e9);
