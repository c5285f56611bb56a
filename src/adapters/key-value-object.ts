// biome-ignore lint/suspicious/noTsIgnore: the types of workerd know this module, and cannot be loaded beside those of the Web.
// @ts-ignore
import { DurableObject } from "cloudflare:workers";
import { type EntryTable, entryTable } from "./objects/entry-table.ts";
import { toObjectFailure } from "./objects/failure.ts";
import { CULL_ROWS, type Operations, type Outcome } from "./objects/operations.ts";
import type { SqlObjectStorage } from "./objects/tables.ts";

/** What a `KeyValueObject` needs of its state; `DurableObjectState` of `@cloudflare/workers-types` fits. */
export interface KeyValueObjectState {
  readonly storage: SqlObjectStorage & {
    getAlarm(): Promise<number | null>;
    setAlarm(time: number): Promise<void>;
    deleteAlarm(): Promise<void>;
  };
}

/** For how many milliseconds a removal by `swap` is remembered: longer than any client goes on sending it again. */
const KEEP_REMOVALS = 60_000;
/** The least milliseconds between two alarms, unless there is more to cull at once. Alarms are billed. */
const ALARM_PAUSE = 60_000;
/** The most milliseconds to the next alarm, a year: the platform refuses dates after 2189. */
const FARTHEST_ALARM = 365 * 86_400_000;

/**
 * The Durable Object behind `durableObjectStore`: export it from your Worker and bind it as a class with SQLite.
 *
 * ```ts
 * export { KeyValueObject } from "edge-key-value/adapters/key-value-object";
 * ```
 * ```toml
 * [[durable_objects.bindings]]
 * name = "STORE"
 * class_name = "KeyValueObject"
 *
 * [[migrations]]
 * tag = "v1"
 * new_sqlite_classes = ["KeyValueObject"]
 * ```
 *
 * Its alarm removes expired entries, at most 1,000 at a time, and is set only while something can expire. A subclass may
 * have an alarm of its own: an alarm that it sets is never moved or replaced (expired entries then stay, unseen, until
 * it comes), and its `alarm()` calls `super.alarm()`, before or after its own work. It sets its alarm whether or not
 * there is one, since that may be for entries, and looks whether its own work is due, since it may be called for them.
 *
 * ```ts
 * export class Store extends KeyValueObject {
 *   async remindAt(time: number) {
 *     await this.ctx.storage.put("remind", time);
 *     await this.ctx.storage.setAlarm(time);
 *   }
 *   override async alarm() {
 *     const time = await this.ctx.storage.get<number>("remind");
 *     if (time && time <= Date.now()) {
 *       await this.ctx.storage.delete("remind");
 *       await this.remind();
 *     } else if (time) {
 *       await this.ctx.storage.setAlarm(time);
 *     }
 *     await super.alarm();
 *   }
 * }
 * ```
 */
export class KeyValueObject extends DurableObject {
  readonly #storage: KeyValueObjectState["storage"];
  readonly #table: EntryTable;
  #alarmAt = 0;
  #culledAt = 0;

  constructor(ctx: KeyValueObjectState, env: unknown) {
    super(ctx as never, env as never);
    this.#storage = ctx.storage;
    this.#table = entryTable(this.#storage, KEEP_REMOVALS);
  }

  /**
   * What `durableObjectStore` calls: answers with an outcome as data, and never throws.
   *
   * The number of shards is recorded by the first call. An object that has none is to ask the first of them, since that
   * may know of another number; `claimed` says that this was done.
   */
  async keyValue(shards: number, claimed: boolean, operation: string, args: unknown[]): Promise<Outcome> {
    try {
      const recorded = this.#table.recall("shards");
      if (recorded === undefined) {
        if (!claimed) return { ok: false, code: "unclaimed" };
        this.#table.remember("shards", shards);
      } else if (recorded !== shards) {
        const message = `the store was made with shards: ${shards}, but its entries are spread over ${recorded}`;
        return { ok: false, code: "misconfigured", message };
      }
      if (operation === "claim") return { ok: true, result: undefined };
      const alarm = operation === "destroy" ? this.#table.recall("alarm") : undefined;
      const result = this.#table.call(operation as keyof Operations, ...(args as never));
      if (operation === "write" || operation === "swap") await this.#setAlarm();
      if (alarm !== undefined && alarm === (await this.#storage.getAlarm())) await this.#storage.deleteAlarm();
      return { ok: true, result };
    } catch (error) {
      return { ok: false, ...toObjectFailure(error) };
    }
  }

  /** Removes expired entries, and sets the next alarm while there is something that can expire. */
  // biome-ignore lint/suspicious/noTsIgnore: there is nothing to override where the base class is not known.
  // @ts-ignore
  override async alarm(): Promise<void> {
    const { more } = this.#table.call("cull", CULL_ROWS);
    this.#culledAt = more ? 0 : Date.now();
    this.#alarmAt = 0;
    await this.#setAlarm();
  }

  /** Sees to it that an alarm comes when the next entry expires. One that somebody else has set is left alone. */
  async #setAlarm(): Promise<void> {
    const deadline = this.#table.nextDeadline();
    if (deadline === undefined) return;
    const now = Date.now();
    const time = Math.min(Math.max(deadline, this.#culledAt + ALARM_PAUSE), now + FARTHEST_ALARM);
    // The table forgets it when it is emptied, by `destroy` or `deleteAll`, and the alarm is gone then as well.
    const set = this.#table.recall("alarm");
    if (set !== undefined && this.#alarmAt > now && this.#alarmAt <= time) return;
    const current = await this.#storage.getAlarm();
    if (current === null || (current > time && current === set)) {
      this.#table.remember("alarm", time);
      await this.#storage.setAlarm(time);
    }
    this.#alarmAt = time;
  }
}
