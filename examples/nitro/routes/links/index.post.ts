import { defineHandler, HTTPError } from "nitro";
import { useStorage } from "nitro/storage";

const DAY = 86_400;

/** Makes a short link that works for a day. */
export default defineHandler(async ({ req, res }) => {
  const { url } = ((await req.json().catch(() => null)) ?? {}) as { url?: unknown };
  const target = typeof url === "string" && url.length <= 2000 ? URL.parse(url) : null;
  if (!target || !/^https?:$/.test(target.protocol)) throw new HTTPError({ status: 400, message: "url needed" });
  const id = crypto.randomUUID();
  await useStorage("data").setItem(`links:${id}`, target.href, { ttl: DAY });
  res.status = 201;
  return { link: `/links/${id}` };
});
