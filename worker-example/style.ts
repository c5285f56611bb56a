/** The one style sheet. It follows the light or dark theme of the system. */
export const css = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#241d18, #f1ebe4);
  --quiet: light-dark(#6d625a, #ada299);
  --ground: light-dark(#f7f3ee, #191512);
  --card: light-dark(#fff, #241f1b);
  --line: light-dark(#e4dbd1, #3a332d);
  --accent: light-dark(#a4451e, #ee9063);
  --on-accent: light-dark(#fff, #241208);
  --good: light-dark(#1f6b41, #7ed3a0);
  --good-ground: light-dark(#def2e5, #16372a);
  --warn: light-dark(#865509, #efc071);
  --warn-ground: light-dark(#fbecd0, #40300f);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  color: var(--ink);
  background: var(--ground);
  font: 1rem/1.5 system-ui, sans-serif;
}
header, main { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem; }
main.narrow { max-width: 26rem; padding-top: 8vh; }
header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; min-height: 4.25rem; }
header form { display: flex; align-items: center; gap: .75rem; min-width: 0; }
header span { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.brand { color: var(--accent); font-weight: 700; font-size: 1.125rem; text-decoration: none; white-space: nowrap; }
h1 { margin: 0 0 1rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 0 0 .75rem; font-size: 1rem; }
p { margin: 0 0 1rem; }
a { color: var(--accent); }
code { font-size: .9em; }
.quiet { color: var(--quiet); font-size: .9375rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.25rem; }
.narrow .card { padding: 1.75rem; }
.card > :last-child { margin-bottom: 0; }
label { display: block; margin-bottom: .375rem; font-weight: 600; }
input {
  width: 100%;
  padding: .625rem .75rem;
  color: inherit;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: .5rem;
  font: inherit;
}
button {
  padding: .5rem .875rem;
  color: inherit;
  background: transparent;
  border: 1px solid var(--line);
  border-radius: .5rem;
  font: inherit;
  font-weight: 600;
  white-space: nowrap;
  cursor: pointer;
}
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.primary { width: 100%; margin-top: 1rem; padding: .625rem; color: var(--on-accent); background: var(--accent); border-color: var(--accent); }
.problem { margin: .5rem 0 0; color: var(--warn); }
.cache { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.25rem; padding: .875rem 1.25rem; }
.cache dl { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; }
.cache dl div { display: flex; gap: .375rem; }
dt { color: var(--quiet); }
dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.badge { padding: .125rem .625rem; border-radius: 1rem; font-size: .875rem; }
.hit { color: var(--good); background: var(--good-ground); }
.miss { color: var(--warn); background: var(--warn-ground); }
progress { flex: 1 1 6rem; height: .5rem; accent-color: var(--accent); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; margin: 1rem 0; }
.tile span { display: block; color: var(--quiet); font-size: .875rem; }
.tile b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; margin-bottom: 1rem; }
.chart { display: block; width: 100%; }
.chart rect { fill: var(--accent); }
.chart rect:last-of-type { fill-opacity: .55; }
.chart text { fill: var(--quiet); font-size: 11px; text-anchor: middle; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th { color: var(--quiet); font-size: .8125rem; font-weight: 600; text-align: left; }
th, td { padding: .5rem 0; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th + th, td + td { padding-left: .75rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (max-width: 30rem) {
  header { flex-wrap: wrap; }
  header form { flex: 1 1 100%; justify-content: space-between; }
  .tiles { grid-template-columns: 1fr; }
  .tile { display: flex; align-items: baseline; justify-content: space-between; padding: .75rem 1.25rem; }
}
`;
