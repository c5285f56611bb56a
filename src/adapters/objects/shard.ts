/**
 * The number of the object, of `shards`, that keeps a key.
 *
 * A 32-bit FNV-1a over UTF-16 units, with the end of the collection as a unit that no string has, then mixed so that
 * the low bits depend on all. It must never change: entries would seem to be gone.
 */
export function shardOf(collection: string, key: string, shards: number): number {
  let hash = 0x811c9dc5;
  const add = (unit: number): void => {
    hash = Math.imul(hash ^ unit, 0x01000193);
  };
  for (let i = 0; i < collection.length; i++) add(collection.charCodeAt(i));
  add(0x10000);
  for (let i = 0; i < key.length; i++) add(key.charCodeAt(i));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shards;
}
