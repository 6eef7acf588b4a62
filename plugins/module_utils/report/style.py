# Copyright: BBWorlds
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The style of the page. Light and dark follow the reader's system, print is always light; contrast is at least 4.5 to 1."""

LIGHT = """
--page:#f4f6f8;--card:#fff;--ink:#17212b;--soft:#51606e;--line:#d8dfe6;--link:#1a56b0;--code:#eef2f6;
--good:#10623a;--good-back:#e2f4e9;--bad:#a3181f;--bad-back:#fde8e8;--warn:#724a00;--warn-back:#fdf1d3;--calm:#42515e;
--calm-back:#e9edf1;--brick:#c98f6f;--mortar:#efe2d8;--roof:#1a56b0"""
DARK = """
--page:#0f1418;--card:#182027;--ink:#e7ecf1;--soft:#a9b6c2;--line:#2e3a44;--link:#8ebcff;--code:#222c35;
--good:#7ee0a8;--good-back:#12331f;--bad:#ffa3a3;--bad-back:#421b1e;--warn:#f2c770;--warn-back:#392b0c;--calm:#b9c6d0;
--calm-back:#27323b;--brick:#8a5a41;--mortar:#2b211b;--roof:#8ebcff"""
PAGE = """
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",
"DejaVu Sans",sans-serif;overflow-wrap:break-word}
header,nav,main,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:36px}
.head{display:flex;gap:18px;align-items:center;flex-wrap:wrap}.head>div{flex:1 1 320px}
h1{font-size:1.9rem;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:0 0 12px;letter-spacing:-.005em}h3{font-size:1rem;margin:0 0 8px}
.lead{margin:4px 0 0;color:var(--soft)}
.verdict{margin:0;padding:8px 18px;border-radius:999px;font-weight:700}
.skip{position:absolute;left:-9999px}.skip:focus{left:12px;top:12px;background:var(--card);padding:8px 12px;z-index:1}
a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:8px;margin:22px 0 0;padding:0}
nav a{display:block;padding:5px 13px;border:1px solid var(--line);border-radius:999px;background:var(--card);
text-decoration:none;font-size:.9rem}nav a:hover{text-decoration:underline}
main>section{margin-top:22px}
main>section[id]{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:24px;scroll-margin-top:12px}
p{margin:0 0 14px;max-width:78ch}
.good{color:var(--good);background:var(--good-back)}.bad{color:var(--bad);background:var(--bad-back)}
.warn{color:var(--warn);background:var(--warn-back)}.calm{color:var(--calm);background:var(--calm-back)}
.said{padding:10px 14px;border-radius:8px;max-width:none}
.mark{display:inline-block;padding:1px 10px;border-radius:999px;font-size:.84rem;font-weight:600;
overflow-wrap:anywhere}
small{display:block;color:var(--soft);font-size:.8rem}
code{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.86em;overflow-wrap:anywhere}
.short{white-space:nowrap}
pre{margin:0 0 14px;padding:12px 14px;background:var(--code);border-radius:8px;white-space:pre-wrap}
pre code{font-size:.84rem}"""
PARTS = """
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(180px,1fr));gap:14px;margin:0}
.figure{background:var(--card);border:1px solid var(--line);border-top:4px solid
var(--line);border-radius:12px;padding:14px 18px}
.figure.good{border-top-color:var(--good)}.figure.bad{border-top-color:var(--bad)}.figure.warn{border-top-color:var(--warn)}
.figure dt{color:var(--soft);font-size:.88rem}.figure dd{margin:0}.figure .note{color:var(--soft);font-size:.84rem}
.figure .value{font-size:1.65rem;font-weight:700;line-height:1.25;color:var(--ink)}
.figure.bad .value{color:var(--bad)}.figure.good .value{color:var(--good)}.figure.warn .value{color:var(--warn)}
table{width:100%;border-collapse:collapse;margin:0 0 18px;font-size:.92rem}
caption{text-align:left;font-weight:600;padding:4px 0 8px}
th,td{text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;font-size:.84rem}tbody th{font-weight:600}
tbody tr:last-child>*{border-bottom:0}tbody th small{font-weight:400}
.number{white-space:nowrap;text-align:right;font-variant-numeric:tabular-nums}
th.number,td.number{padding-right:16px}
.group{border:1px solid var(--line);border-left:5px solid var(--calm);border-radius:8px;padding:14px 18px 2px;margin:0 0
14px;
background:none;color:inherit}
.group.bad{border-left-color:var(--bad)}.group.warn{border-left-color:var(--warn)}
ul{margin:0 0 14px;padding-left:22px}
.bar{display:flex;gap:2px;height:30px;border-radius:8px;overflow:hidden;margin:0 0 16px}
.bar span{min-width:3px;padding:0 8px;font-size:.8rem;line-height:30px;white-space:nowrap;overflow:hidden}
figure{margin:0 0 18px}.picture{overflow-x:auto;margin-bottom:12px}
.picture svg{display:block;width:100%;min-width:640px;max-width:900px;height:auto;margin:0 auto}
figcaption ul{margin-top:6px;font-size:.92rem}
footer{padding:22px 24px 44px;color:var(--soft);font-size:.88rem}"""
DRAWN = """
.logo{flex:none}.house{fill:var(--roof)}.house.two{fill:var(--good)}.fence{stroke:var(--soft);stroke-width:1.6;fill:none}
svg text{font-family:inherit;fill:var(--ink)}
.name{font-size:16px;font-weight:700}.small{font-size:13px}svg text.small{fill:var(--soft)}
svg text.code,svg text.role{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}.role{font-size:12px}
.label{font-size:13px;text-anchor:middle}.alarm{font-size:13px;font-weight:700}svg text.alarm{fill:var(--bad)}
.box{fill:var(--page);stroke:var(--good);stroke-width:1.6}.box.later,.box.shut{stroke:var(--soft);stroke-dasharray:5 4}
.lid{fill:var(--card)}.ground{fill:var(--calm-back)}
.way{stroke:var(--good);stroke-width:2.4;fill:none}.way.later,.way.shut{stroke:var(--soft);stroke-dasharray:5 5}
.tip{fill:var(--good)}.tip.over{fill:var(--bad)}.over{stroke:var(--bad);stroke-width:2;fill:none}path.tip{stroke:none}
.brick{fill:var(--brick)}.mortar{fill:var(--mortar)}.hole{fill:var(--card);stroke:var(--bad);stroke-width:1.5}"""
NARROW = """
header,nav,main,footer{padding-left:14px;padding-right:14px}main>section[id]{padding:16px 14px}h1{font-size:1.5rem}
.figures{grid-template-columns:1fr 1fr;gap:10px}.figure{padding:10px 12px}.figure .value{font-size:1.3rem}
table,caption,tbody,tr,tbody th,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tbody tr{border:1px solid var(--line);border-radius:10px;padding:8px 12px;margin-bottom:10px}
tbody th,td,th.number,td.number{border:0;padding:3px 0;text-align:left}
td{display:grid;grid-template-columns:8.5rem 1fr;gap:8px;align-items:start}
td>*{justify-self:start;min-width:0}td>small{grid-column:2}.short{white-space:normal;overflow-wrap:anywhere}
td::before{content:attr(data-title);color:var(--soft);font-size:.84rem}"""
PRINT = """
body{background:#fff;font-size:10.5pt}nav,.skip{display:none}header,main,footer{max-width:none;padding:0}
main>section[id]{border:0;padding:0;margin-top:20px}.picture svg{min-width:0}a{color:inherit}
table{font-size:9pt}th,td{padding-right:8px}
tr,.group p,.figure,figure svg,pre{break-inside:avoid}h2,h3,caption,thead{break-after:avoid}thead{display:table-header-group}
tbody tr:first-child{break-before:avoid}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"""
STYLE = (
    f":root{{color-scheme:light dark;{LIGHT}}}@media (prefers-color-scheme:dark){{:root{{{DARK}}}}}{PAGE}{PARTS}{DRAWN}"
    f"@media screen and (max-width:680px){{{NARROW}}}@media print{{:root{{color-scheme:light;{LIGHT}}}{PRINT}}}"
    "@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}"
).replace("\n", " ")
