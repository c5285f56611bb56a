/** The style sheet of the page. It follows the light or dark theme of the system. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2024, #edeef0);
  --quiet: light-dark(#60646c, #a0a6ae);
  --ground: light-dark(#f6f7f9, #111315);
  --card: light-dark(#fff, #1a1d20);
  --well: light-dark(#f6f7f9, #131517);
  --line: light-dark(#dfe3e8, #2e3338);
  --accent: light-dark(#0b62c4, #7ab8ff);
  --on-accent: light-dark(#fff, #081a2e);
  --good: light-dark(#18703f, #7fd8a4);
  --good-ground: light-dark(#e2f5ea, #14301f);
  --bad: light-dark(#b4232c, #ff9592);
  --bad-ground: light-dark(#fdeaea, #3a1719);
  --odd: light-dark(#8a5300, #f0c274);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--ground); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header, main { max-width: 52rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; padding-bottom: 0; }
header > * + *:not(:empty)::before { content: "/" / ""; margin-right: .5rem; color: var(--quiet); }
header a { display: inline-block; padding: .375rem 0; }
header .brand { color: inherit; font-weight: 700; text-decoration: none; }
h1 { margin: 0 0 1rem; font-size: 1.375rem; line-height: 1.3; letter-spacing: -.01em; }
h1 .name { font-size: 1.25rem; }
h1:has(.name) { max-height: 9rem; overflow-y: auto; }
h2 { margin: 0 0 .75rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: .2em; }
small, .quiet { color: var(--quiet); font-size: .875rem; }
.name, pre, textarea, code { font-family: var(--mono); font-size: .9375rem; }
.name small { font-family: system-ui, sans-serif; padding-left: .5rem; }
.escaped { color: var(--odd); }
.card { margin-bottom: 1rem; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
.card > :last-child { margin-bottom: 0; }
.list { padding: 0; overflow: hidden; list-style: none; }
.list li + li { border-top: 1px solid var(--line); }
.list li > a, .list .link button { display: block; width: 100%; padding: .6875rem 1rem; color: inherit; text-align: left; text-decoration: none; }
.list li > a, .list .link { position: relative; padding-right: 2.25rem; }
.list li > a::after, .list .link::after { content: "›" / ""; position: absolute; right: 1rem; top: .5rem; color: var(--quiet); font-size: 1.125rem; }
.list .link { display: block; padding: 0; }
.list .link button { padding-right: 2.25rem; }
.list li > a:hover, .list .link button:hover { color: var(--accent); background: var(--well); }
.link { display: inline; }
.link button { min-height: 0; padding: 0; color: var(--accent); background: none; border: 0; border-radius: 0; font-weight: 400; white-space: normal; }
form.find { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem; }
form.find label { flex: 1 1 10rem; }
label { display: block; color: var(--quiet); font-size: .875rem; }
input:not([type=checkbox]), textarea { display: block; width: 100%; margin-top: .25rem; padding: .5625rem .75rem; color: var(--ink); background: var(--well); border: 1px solid var(--line); border-radius: .5rem; font: inherit; font-size: 1rem; }
textarea { min-height: 12rem; font-family: var(--mono); line-height: 1.45; resize: vertical; }
label.check { display: flex; align-items: center; gap: .5rem; color: inherit; min-height: 2.75rem; }
input[type=checkbox] { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); }
button { min-height: 2.75rem; padding: .5rem 1rem; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .5rem; font: inherit; font-weight: 600; cursor: pointer; }
button:hover { border-color: var(--accent); }
button.primary { color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
button.danger { color: var(--bad); border-color: var(--bad); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
pre { margin: 0 0 1rem; padding: .75rem 1rem; max-height: 70vh; overflow: auto; background: var(--well); border: 1px solid var(--line); border-radius: .5rem; line-height: 1.5; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1rem; font-size: .9375rem; }
dt { color: var(--quiet); }
dd { margin: 0; font-variant-numeric: tabular-nums; }
details.card { padding-block: .25rem; }
details.card[open] { padding-bottom: 1rem; }
summary { min-height: 2.75rem; padding: .5rem 0; font-weight: 600; cursor: pointer; }
.fields { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem; margin: .75rem 0; }
.fields > label:first-child { flex: 1 1 12rem; }
.note, .problem { margin-bottom: 1rem; padding: .75rem 1rem; border-radius: .75rem; }
.note { color: var(--good); background: var(--good-ground); }
.problem { color: var(--bad); background: var(--bad-ground); }
.problem code { font-weight: 700; }
nav { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin-bottom: 1rem; }
nav a, nav button { padding: .375rem 0; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th { color: var(--quiet); font-weight: 600; }
th, td { padding: .4375rem .75rem .4375rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr:last-child td { border-bottom: 0; }
`;
