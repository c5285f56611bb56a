/** The number of slots in a Redis Cluster. Each key is in one of them. */
const SLOTS = 16384;

/**
 * The slot of a key: CRC16 (XMODEM) of its bytes. Of a key with a `{tag}` only the tag counts.
 *
 * Source: redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec.
 */
export function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  const hashed = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
  let crc = 0;
  for (const byte of new TextEncoder().encode(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

/**
 * Returns a function that finds a name for each slot: `nameOf(tag)` for the first tag whose name lies there. When all
 * names lie in one slot, since they start with a `{tag}` of their own, it returns a name in that slot.
 */
export function namesBySlot(nameOf: (tag: string) => string): (slot: number) => string {
  const names = new Map<number, string>();
  let tried = 0;
  return (slot) => {
    // 16,384 tries find a given slot with a chance of 63 %; this many miss it once in 10^17.
    while (!names.has(slot) && tried < 40 * SLOTS) {
      const name = nameOf((tried++).toString(36));
      const its = slotOf(name);
      if (!names.has(its)) names.set(its, name);
      if (tried === 1000 && names.size === 1) break;
    }
    return names.get(slot) ?? nameOf("0");
  };
}
