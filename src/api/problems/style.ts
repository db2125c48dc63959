/** Inline, so that a page is one request and stays whole when it is saved. The policy names it by its hash. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fff; --raised: #f4f5f7; --line: #d5d9e0; --text: #1c2330; --quiet: #535d6e; --link: #0b57b7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181f; --raised: #1e242e; --line: #36404f; --text: #e4e8ef; --quiet: #a3adbc; --link: #8ab8ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 50rem; padding: 1rem 1.25rem 3rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
header { padding-bottom: 0.75rem; border-bottom: 1px solid var(--line); }
footer { margin-top: 2.5rem; padding-top: 0.25rem; border-top: 1px solid var(--line); }
h1 { margin: 1.5rem 0 0; font-size: 1.9rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.25rem; line-height: 1.3; }
h3 {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.75rem;
  margin: 1.5rem 0 0.25rem; font-size: 1.05rem; line-height: 1.4;
}
p { margin: 0.25rem 0 0.5rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9em; }
:not(pre, h1, h3, th, a) > code { padding: 0.1em 0.25em; border-radius: 4px; background: var(--raised); }
pre {
  margin: 0.5rem 0; padding: 0.9rem 1rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--raised); line-height: 1.5; white-space: pre-wrap;
}
.status { color: var(--quiet); font-weight: 400; }
h3 .status { font-size: 0.9rem; }
dl { margin: 0.5rem 0; }
dt { font-weight: 600; }
dd { margin: 0 0 0.6rem; }
table { width: 100%; border-collapse: collapse; }
caption { padding-bottom: 0.25rem; text-align: left; color: var(--quiet); }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
tbody th { width: 12.5rem; font-weight: 400; }
@media (max-width: 30rem) {
  body { padding: 0.75rem 1rem 2rem; }
  h1 { font-size: 1.5rem; }
  tbody th { width: 9.5rem; font-size: 0.9rem; }
}
`
