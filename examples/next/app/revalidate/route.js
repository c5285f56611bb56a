import { timingSafeEqual } from "node:crypto";
import { revalidateTag } from "next/cache";

/** A content system calls this when there are news: `POST /revalidate` with `Authorization: Bearer …`. */
export async function POST(request) {
  const given = Buffer.from(request.headers.get("authorization") ?? "");
  const expected = Buffer.from(`Bearer ${process.env.REVALIDATE_SECRET}`);
  const known = process.env.REVALIDATE_SECRET && given.length === expected.length && timingSafeEqual(given, expected);
  if (!known) return Response.json({ error: "not allowed" }, { status: 401 });
  // With "max" instead, visitors get the old page once more while a new one is made.
  revalidateTag("news", { expire: 0 });
  return new Response(null, { status: 204 });
}
