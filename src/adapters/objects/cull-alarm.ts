import type { SqlObjectStorage, SqlTables } from "./tables.ts";

/** What the alarm needs of the storage of an object. */
export interface AlarmStorage extends SqlObjectStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/** The alarm that reclaims expired entries. It shares the one alarm that an object has with the object's owner. */
export interface CullAlarm {
  /** Notes that a row was written which expires at this time. */
  expect(deadline: number): void;
  /** Makes sure that an alarm comes for the rows that were noted. One that somebody else has set is left alone. */
  schedule(): Promise<void>;
  /** Notes that the alarm came, whether there is more to reclaim at once. */
  came(more: boolean): void;
  /** Deletes the alarm, unless somebody else has set it. */
  cancel(): Promise<void>;
}

/** The least milliseconds between two alarms, unless there is more to reclaim at once. Alarms are billed. */
const ALARM_PAUSE = 60_000;
/** The most milliseconds to the next alarm, a year: the platform refuses dates after 2189. */
const FARTHEST_ALARM = 365 * 86_400_000;

export function cullAlarm(storage: AlarmStorage, tables: SqlTables): CullAlarm {
  const { run, attempt, recall, remember } = tables;
  /** The first deadline without an alarm. The table tells it after a start, an alarm or a failure. */
  let expected: number | undefined;
  let isKnown = false;
  /** `deleteAll` of the owner deletes the alarm as well, so this one is that of a generation of the tables. */
  let alarm = { at: 0, generation: 0 };
  let culledAt = 0;

  /** When the next row expires. */
  function nextDeadline(): number | undefined {
    const query = "SELECT MIN(expires_at) AS next FROM edge_key_value WHERE expires_at IS NOT NULL";
    const next = attempt(() => run<{ next: unknown }>(query)[0]?.next);
    // SQLite sorts text after numbers.
    return Number.isFinite(next) ? (next as number) : undefined;
  }

  async function setFor(deadline: number): Promise<void> {
    const now = Date.now();
    const { generation } = tables;
    const time = Math.min(Math.max(deadline, culledAt + ALARM_PAUSE), now + FARTHEST_ALARM);
    if (alarm.generation === generation && alarm.at > now && alarm.at <= time) return;
    const set = recall("alarm");
    const current = await storage.getAlarm();
    if (current === null || (current > time && current === set)) {
      remember("alarm", time);
      await storage.setAlarm(time);
    }
    alarm = { at: time, generation };
  }

  return {
    expect(deadline) {
      expected = Math.min(deadline, expected ?? deadline);
    },

    async schedule() {
      const deadline = isKnown ? expected : nextDeadline();
      isKnown = true;
      expected = undefined;
      if (deadline === undefined) return;
      try {
        await setFor(deadline);
      } catch (error) {
        isKnown = false;
        throw error;
      }
    },

    came(more) {
      culledAt = more ? 0 : Date.now();
      alarm.at = 0;
      isKnown = false;
    },

    async cancel() {
      alarm.at = 0;
      expected = undefined;
      const time = recall("alarm");
      attempt(() => run("DELETE FROM edge_key_value_meta WHERE name = 'alarm'"));
      if (time !== undefined && time === (await storage.getAlarm())) await storage.deleteAlarm();
    },
  };
}
