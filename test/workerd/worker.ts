import { DurableObject } from "cloudflare:workers";
import { KeyValueObject } from "../../src/adapters/key-value-object.ts";

export { KeyValueObject };

/** Somebody's own object, with a storage that this library only shares. */
export class OwnObject extends DurableObject {}

/** A subclass with an alarm of its own, as the documentation of `KeyValueObject` says to write it. */
export class ReminderObject extends KeyValueObject {
  reminded = 0;

  async remindAt(time: number): Promise<void> {
    await this.ctx.storage.put("remind", time);
    await this.ctx.storage.setAlarm(time);
  }

  override async alarm(): Promise<void> {
    const time = await this.ctx.storage.get<number>("remind");
    if (time && time <= Date.now()) {
      await this.ctx.storage.delete("remind");
      this.reminded++;
    } else if (time) {
      await this.ctx.storage.setAlarm(time);
    }
    await super.alarm();
  }
}

export default { fetch: () => new Response("This Worker only exists for its bindings.", { status: 404 }) };
