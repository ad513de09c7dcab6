/** The report page's look, in light and dark. Colours are told apart by lightness and dashes as well. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fbfbfa, #14161a);
  --card: light-dark(#ffffff, #1c1f25);
  --text: light-dark(#1d2126, #e8eaed);
  --quiet: light-dark(#5b636d, #a3abb6);
  --rule: light-dark(#dfe2e6, #343a43);
  --good: light-dark(#0a6b3d, #5fd39a);
  --bad: light-dark(#b3261e, #ff8a80);
  --tone1: light-dark(#1257c0, #7db2ff);
  --tone2: light-dark(#b45309, #f5b35c);
  --tone3: light-dark(#7a828c, #8d96a3);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 1180px;
  padding: 28px 20px 40px;
  background: var(--page);
  color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { margin: 0 0 6px; font-size: 28px; line-height: 1.2; text-wrap: balance; }
h2 { margin: 0 0 8px; font-size: 16px; }
.brand { margin: 0; color: var(--quiet); font-weight: 600; }
.verdict { margin: 0 0 6px; font-size: 17px; font-weight: 600; }
.met { color: var(--good); }
.missed { color: var(--bad); }
.note { margin: 6px 0 0; color: var(--quiet); font-size: 14px; max-width: 78ch; }
section, figure {
  margin: 20px 0 0;
  padding: 16px 18px;
  background: var(--card);
  border: 1px solid var(--rule);
  border-radius: 10px;
}
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 18px 5px 0; text-align: left; vertical-align: top; }
thead th { color: var(--quiet); font-weight: 500; font-size: 14px; }
thead th:empty { padding: 0; }
tbody th { font-weight: 500; }
tbody tr { border-top: 1px solid var(--rule); }
.figures td { white-space: nowrap; }
.mark { font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 20px; margin-top: 20px; }
.plots figure { margin: 0; min-width: 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--quiet); font-size: 12.5px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); stroke-width: 1; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.line.tone1 { stroke: var(--tone1); }
.line.tone2 { stroke: var(--tone2); }
.line.tone3 { stroke: var(--tone3); stroke-dasharray: 5 4; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 14px; }
.legend li::before { content: ""; display: inline-block; width: 18px; margin-right: 7px; vertical-align: 4px; border-top: 3px solid; }
.legend .tone1::before { border-color: var(--tone1); }
.legend .tone2::before { border-color: var(--tone2); }
.legend .tone3::before { border-color: var(--tone3); border-top-style: dashed; }
footer { margin-top: 24px; }
@media (max-width: 480px) {
  body { padding: 20px 12px 32px; }
  section, figure { padding: 14px 12px; }
  th, td { padding-right: 12px; }
  h1 { font-size: 24px; }
  svg text { font-size: 15px; }
}
`;
