/** The most bytes of a form. The value in it is percent-encoded, which takes up to three times its bytes. */
const LONGEST_FORM = 1_000_000;

/** Reads the fields of a form, or returns the status to refuse it with. */
export async function formOf(request: Request): Promise<URLSearchParams | 413 | 415> {
  const [type] = (request.headers.get("content-type") ?? "").split(";");
  if (type?.trim().toLowerCase() !== "application/x-www-form-urlencoded") return 415;
  if (Number(request.headers.get("content-length") ?? 0) > LONGEST_FORM) return 413;
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > LONGEST_FORM) {
      // Nobody waits for this: a source may take long to stop.
      reader?.cancel().catch(() => {});
      return 413;
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return new URLSearchParams(text + decoder.decode());
}
