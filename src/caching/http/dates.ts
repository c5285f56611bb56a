const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const [DAY, LONG_DAY] = ["(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"];
const [MONTH, TIME] = [`(?<month>${MONTHS.join("|")})`, "(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)"];

/** The three formats of RFC 9110, 5.6.7: always GMT, whatever the runtime's own zone is. */
const FORMATS = [
  `^${DAY}, (?<day>\\d\\d) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`,
  `^${LONG_DAY}, (?<day>\\d\\d)-${MONTH}-(?<year>\\d\\d) ${TIME} GMT$`,
  `^${DAY} ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`,
].map((format) => new RegExp(format));

/** Reads a date as HTTP writes it, in epoch milliseconds; nothing for any other text. */
export function httpDate(text: string | null, now: number = Date.now()): number | undefined {
  for (const format of FORMATS) {
    const parts = format.exec(text ?? "")?.groups;
    if (!parts) continue;
    const { day, month, year, hour, minute, second } = parts as Record<string, string>;
    const [d, h, m, s] = [day, hour, minute, second].map(Number) as [number, number, number, number];
    if (h > 23 || m > 59 || s > 60) return undefined;
    const index = MONTHS.indexOf(month as string);
    const at = (fullYear: number): number => Date.UTC(fullYear, index, d, h, m, s);
    // A leap second is the first of the next minute; a 31st of February is no date.
    if (new Date(Date.UTC(2000, index, d)).getUTCMonth() !== index || d === 0) return undefined;
    if (year?.length === 4) return at(Number(year));
    // Two digits that seem to be more than 50 years ahead are the last such year in the past.
    const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100 + Number(year);
    const ahead = new Date(now).setUTCFullYear(new Date(now).getUTCFullYear() + 50);
    return at(century) > ahead ? at(century - 100) : at(century);
  }
  return undefined;
}
