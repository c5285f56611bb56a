import { memoryStore } from "../src/index.ts";

const value = {
  id: "u_8f3a1c2b",
  name: "Alice Example",
  email: "alice@example.com",
  roles: ["admin", "editor"],
  createdAt: 1789000000000,
  active: true,
  prefs: { theme: "dark", locale: "en-GB" },
  csrf: "d41d8cd98f00b204e9800998ecf8427e",
};
console.log(JSON.stringify(value).length);
const map = new Map();
const base = {
  async get(k) {
    const s = map.get(k);
    return s === undefined ? null : JSON.parse(s);
  },
  async put(k, v) {
    map.set(k, JSON.stringify(v));
  },
};
const store = memoryStore();
const keys = Array.from({ length: 1000 }, (_, i) => `user:${i}`);
for (const k of keys) {
  await base.put(k, value);
  await store.put(k, value);
}
async function time(f, n = 200000) {
  const t = performance.now();
  for (let i = 0; i < n; i++) await f(i % 1000);
  return ((performance.now() - t) / n) * 1e6;
}
const rows = {
  get: [(i) => base.get(keys[i]), (i) => store.get(keys[i])],
  put: [(i) => base.put(keys[i], value), (i) => store.put(keys[i], value)],
  miss: [(_i) => base.get("nope"), (_i) => store.get("nope")],
};
for (let r = 0; r < 3; r++)
  for (const [name, [b, s]] of Object.entries(rows)) {
    const bt = [],
      st = [];
    for (let j = 0; j < 5; j++) {
      bt.push(await time(b));
      st.push(await time(s));
    }
    const m = (a) => a.sort((x, y) => x - y)[2];
    console.log(name, m(bt).toFixed(0), m(st).toFixed(0), (m(st) / m(bt)).toFixed(2));
  }
