import type { SqlObjectStorage, SqlTables } from "./tables.ts";

/** What the alarm needs of the storage of an object. */
export interface AlarmStorage extends SqlObjectStorage {
  getAlarm(): Promise<number | null>;
  setAlarm(time: number): Promise<void>;
  deleteAlarm(): Promise<void>;
}

/** The alarm that reclaims expired entries. It shares the one alarm that an object has with the object's owner. */
export interface CullAlarm {
  /** Makes sure that an alarm comes when the next entry expires. One that somebody else has set is left alone. */
  schedule(): Promise<void>;
  /** Notes that the alarm came, and whether there is more to reclaim at once. */
  came(more: boolean): void;
  /** Deletes the alarm, unless somebody else has set it. */
  cancel(): Promise<void>;
}

/** The least milliseconds between two alarms, unless there is more to reclaim at once. Alarms are billed. */
const ALARM_PAUSE = 60_000;
/** The most milliseconds to the next alarm, a year: the platform refuses dates after 2189. */
const FARTHEST_ALARM = 365 * 86_400_000;

export function cullAlarm(storage: AlarmStorage, { run, attempt, recall, remember }: SqlTables): CullAlarm {
  let alarmAt = 0;
  let culledAt = 0;

  /** When the next row expires. */
  function nextDeadline(): number | undefined {
    const query = "SELECT MIN(expires_at) AS next FROM edge_key_value WHERE expires_at IS NOT NULL";
    const next = attempt(() => run<{ next: unknown }>(query)[0]?.next);
    // SQLite sorts text after numbers.
    return Number.isFinite(next) ? (next as number) : undefined;
  }

  return {
    async schedule() {
      const deadline = nextDeadline();
      if (deadline === undefined) return;
      const now = Date.now();
      const time = Math.min(Math.max(deadline, culledAt + ALARM_PAUSE), now + FARTHEST_ALARM);
      // The table forgets it when it is emptied, by `destroy` or `deleteAll`, and then the alarm is gone as well.
      const set = recall("alarm");
      if (set !== undefined && alarmAt > now && alarmAt <= time) return;
      const current = await storage.getAlarm();
      if (current === null || (current > time && current === set)) {
        remember("alarm", time);
        await storage.setAlarm(time);
      }
      alarmAt = time;
    },

    came(more) {
      culledAt = more ? 0 : Date.now();
      alarmAt = 0;
    },

    async cancel() {
      const time = recall("alarm");
      attempt(() => run("DELETE FROM edge_key_value_meta WHERE name = 'alarm'"));
      if (time !== undefined && time === (await storage.getAlarm())) await storage.deleteAlarm();
    },
  };
}
