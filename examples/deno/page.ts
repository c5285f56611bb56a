interface Content {
  readonly title: string;
  readonly text?: string;
  readonly input?: boolean;
  /** The label of a button that sends a form to the same address. */
  readonly button?: string;
}

const headers = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // Addresses are as secret as what they show.
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/** A page with a form. */
export function page(status: number, { title, text, input, button }: Content): Response {
  const area =
    '<p><textarea name="text" rows="8" cols="60" required maxlength="10000" aria-label="Secret"></textarea></p>';
  const form = `<form method="post">${input ? area : ""}<button>${button}</button></form>`;
  const html = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><h1>${escaped(title)}</h1>
${text === undefined ? "" : `<pre>${escaped(text)}</pre>`}
${button ? form : '<p><a href="/">Share a secret</a></p>'}</html>`;
  return new Response(html, { status, headers });
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
