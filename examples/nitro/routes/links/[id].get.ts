import { defineHandler, HTTPError } from "nitro";
import { useStorage } from "nitro/storage";

export default defineHandler(async (event) => {
  const url = await useStorage("data").getItem<string>(`links:${event.context.params?.id}`);
  if (typeof url !== "string")
    throw new HTTPError({ status: 404, message: "this link is unknown, or older than a day" });
  return Response.redirect(url, 302);
});
