"""How the quality report looks, in light and in dark."""

STYLE = """
:root { color-scheme: light dark; --text: #1d2126; --quiet: #667080; --line: #d8dde3; --field: #f4f6f8;
  --page: #fff; --after: #1a66c9; --raw: #a9b2bd; --good: #23803f; --fair: #a06400; --poor: #c22f2f; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --quiet: #97a1ad; --line: #3a4149;
  --field: #22272d; --page: #191d21; --after: #6aa9ff; --raw: #6b747e; --good: #5cc27c; --fair: #e0a848;
  --poor: #ff7b72; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 1060px; margin: 2em auto; padding: 0 1.5em; }
h1 { font-size: 1.6em; margin: 0; } h2 { font-size: 1.25em; margin: 1.2em 0 0; }
h3 { font-size: 1.05em; margin: 1.8em 0 .4em; }
p { margin: .3em 0; } .quiet { color: var(--quiet); font-size: .88em; }
.verdict { font-size: 1.1em; margin: .8em 0; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: normal; color: var(--quiet); font-size: .88em; }
th, td { padding: .3em .8em .3em 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.grade { white-space: nowrap; } .grade.good { color: var(--good); } .grade.fair { color: var(--fair); }
.grade.poor { color: var(--poor); font-weight: bold; }
.key { display: inline-block; width: 1.6em; height: 0; vertical-align: middle; border-top: 2px solid; }
.key.after { border-color: var(--after); } .key.raw { border-color: var(--raw); }
.key.limit { border-top-style: dashed; border-top-width: 1px; }
.key.good { border-color: var(--good); } .key.poor { border-color: var(--poor); }
svg { width: 100%; height: auto; font-family: inherit; }
svg .field { fill: var(--field); } svg .grid { stroke: var(--line); }
svg polyline { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
svg .raw { stroke: var(--raw); } svg .after { stroke: var(--after); }
svg .limit { stroke-dasharray: 4 3; } svg .limit.good { stroke: var(--good); }
svg .limit.poor { stroke: var(--poor); }
svg text { fill: var(--text); font-size: 12px; }
svg .name, svg .tick, svg .end { fill: var(--quiet); font-size: 11px; }
svg .tick { text-anchor: middle; } svg .end { text-anchor: end; font-size: 9px; }
svg .title { font-weight: 600; } svg .mark { fill: var(--poor); }
svg .number { fill: var(--poor); font-size: 11px; font-weight: bold; }
svg .stands { fill: var(--after); opacity: .55; }
"""
