// What a text may hold (the same as medportal/lib/html.py lets pass), how stored HTML enters the editor and leaves it,
// and how HTML pasted from elsewhere is cleaned.
window.EditorText = (function () {
  "use strict";
  var T = window.Tiptap;
  if (!T) return null;

  var BLOCKS = "p, h3, h4, ul, ol, blockquote, table";
  var DIR = /^(ltr|rtl|auto)$/, LANG = /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i;
  var PICTURE = /^\/media\/[\w.-]+$/, NUMBER = /^[0-9]{1,4}$/;

  // An address that may be typed or pasted, or null. A bare domain or e-mail address gets its scheme.
  function href(typed) {
    var value = (typed || "").trim();
    if (/^[\w.+-]+@[\w-]+(\.[\w-]+)+$/.test(value)) value = "mailto:" + value;
    if (/^[\w-]+(\.[\w-]+)*\.[a-z]{2,}([/?#]\S*)?$/i.test(value)) value = "https://" + value;
    return /^(https?:\/\/[^\s]+|mailto:[^\s]+|tel:[^\s]+|#ref-[0-9]{1,3})$/i.test(value) ? value : null;
  }

  // Stored texts may also link within the site.
  function storedHref(value) {
    return /^(\/(?!\/)|#)[^\s\\]*$/.test(value || "") ? value : href(value);
  }

  // "" stands for "not there": null would make TipTap take the default.
  function attribute(name, fits, usual) {
    return {
      default: usual,
      parseHTML: function (element) {
        var value = element.getAttribute(name) || "";
        return fits.test(value) ? value : "";
      },
      renderHTML: function (held) {
        var shown = {};
        if (held[name]) shown[name] = held[name];
        return shown;
      }
    };
  }

  function kept(dir) { return {dir: attribute("dir", DIR, dir), lang: attribute("lang", LANG, "")}; }

  // New paragraphs find their direction themselves; stored ones keep theirs, or that of the field.
  var Kept = T.Extension.create({
    name: "kept",
    addGlobalAttributes: function () {
      return [
        {types: ["paragraph", "heading"], attributes: kept("auto")},
        {types: ["bulletList", "orderedList", "listItem", "blockquote", "table", "tableRow", "tableHeader", "tableCell"], attributes: kept("")},
        {types: ["tableHeader"], attributes: {scope: attribute("scope", /^(col|row)(group)?$/, "")}}
      ];
    }
  });

  function mark(name, tag, options) {
    return T.Mark.create(Object.assign({
      name: name,
      parseHTML: function () { return [{tag: tag}]; },
      renderHTML: function (props) { return [tag, props.HTMLAttributes, 0]; }
    }, options));
  }

  var Superscript = mark("superscript", "sup", {excludes: "superscript subscript"});
  var Subscript = mark("subscript", "sub", {excludes: "superscript subscript"});
  var Isolated = mark("isolated", "bdi", {inclusive: false, addAttributes: function () { return kept(""); }});
  var Foreign = mark("foreign", "span", {
    inclusive: false,
    addAttributes: function () { return kept(""); },
    parseHTML: function () { return [{tag: "span[lang]"}, {tag: "span[dir]"}]; }
  });
  var Link = mark("link", "a", {
    inclusive: false,
    addAttributes: function () { return {href: {default: null}}; },
    parseHTML: function () {
      return [{tag: "a[href]", getAttrs: function (element) { return storedHref(element.getAttribute("href")) ? null : false; }}];
    }
  });

  var Picture = T.Node.create({
    name: "picture",
    inline: true,
    group: "inline",
    draggable: true,
    addAttributes: function () {
      // A decorative picture has an empty alt; that, too, is said.
      return {
        src: attribute("src", PICTURE, ""),
        alt: {default: "", renderHTML: function (held) { return {alt: held.alt || ""}; }},
        width: attribute("width", NUMBER, ""),
        height: attribute("height", NUMBER, "")
      };
    },
    parseHTML: function () {
      return [{tag: "img[src]", getAttrs: function (element) { return PICTURE.test(element.getAttribute("src")) ? null : false; }}];
    },
    renderHTML: function (props) { return ["img", props.HTMLAttributes]; }
  });

  var Table = T.Table.extend({
    addAttributes: function () {
      return {caption: {
        default: "",
        parseHTML: function (table) { var caption = table.querySelector("caption"); return caption ? caption.textContent.trim() : ""; },
        rendered: false
      }};
    },
    parseHTML: function () { return [{tag: "table"}, {tag: "caption", ignore: true}]; },
    // Without the widths in style attributes.
    renderHTML: function (props) {
      var caption = props.node.attrs.caption, rows = ["tbody", 0];
      return caption ? ["table", props.HTMLAttributes, ["caption", caption], rows] : ["table", props.HTMLAttributes, rows];
    },
    // Tab goes from cell to cell and then out; it never adds rows, which would hold a keyboard in the table.
    addKeyboardShortcuts: function () {
      var editor = this.editor;
      return Object.assign(this.parent(), {Tab: function () { return editor.commands.goToNextCell(); }});
    }
  }).configure({View: null});

  function cell(type) {
    return type.extend({
      addAttributes: function () {
        return {
          colspan: {default: 1, parseHTML: spanOf("colspan")},
          rowspan: {default: 1, parseHTML: spanOf("rowspan")},
          colwidth: {default: null, rendered: false, parseHTML: function () { return null; }}
        };
      }
    });
  }
  function spanOf(name) {
    return function (element) { return Math.min(Math.max(parseInt(element.getAttribute(name), 10) || 1, 1), 100); };
  }

  var OrderedList = T.OrderedList.extend({
    addAttributes: function () { return {start: {default: 1, rendered: false, parseHTML: function () { return 1; }}}; }
  });

  var extensions = [
    T.Document, T.Text, T.Paragraph, T.Heading.configure({levels: [3, 4]}), T.BulletList, OrderedList, T.ListItem, T.ListKeymap,
    T.Blockquote, T.HardBreak, Picture, Table, T.TableRow, cell(T.TableHeader), cell(T.TableCell),
    Superscript, Subscript, Link, T.Bold, T.Italic, Isolated, Foreign,
    T.UndoRedo, T.Gapcursor, T.Dropcursor.configure({color: false, class: "editor__drop"}), Kept
  ];

  // Even a document that is never shown reports each style and handler to the policy of the page: they are renamed first.
  var TAG = /<[a-z](?:[^>"']|"[^"]*"|'[^']*')*>?/gi;
  function parse(html) {
    var quiet = html.replace(/<style\b[\s\S]*?(<\/style\s*>|$)/gi, "").replace(TAG, function (tag) {
      return tag.replace(/([\s"'/])(style|on[a-z]+)(?=\s*=)/gi, "$1data-$2");
    });
    return new DOMParser().parseFromString(quiet, "text/html");
  }
  function styleOf(element) { return (element.getAttribute("data-style") || "").toLowerCase(); }
  function each(root, selector, work) { Array.prototype.slice.call(root.querySelectorAll(selector)).forEach(work); }
  function blank(node) { return !/[^\s\u00a0]/.test(node.textContent) && !(node.querySelector && (node.querySelector("img, table"))); }

  function unwrap(element) {
    while (element.firstChild) element.parentNode.insertBefore(element.firstChild, element);
    element.remove();
  }

  function rename(element, tag) {
    var made = element.ownerDocument.createElement(tag);
    Array.prototype.slice.call(element.attributes).forEach(function (a) { made.setAttribute(a.name, a.value); });
    while (element.firstChild) made.appendChild(element.firstChild);
    element.replaceWith(made);
    return made;
  }

  function move(names, from, to) {
    names.forEach(function (name) {
      if (!from.hasAttribute(name)) return;
      if (!to.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name));
      from.removeAttribute(name);
    });
  }

  // Loose text of a list item, a cell or the whole becomes a paragraph, as the editor wants it; `tidy` takes it out again.
  function wrap(box) {
    var group = null, first = null;
    Array.prototype.slice.call(box.childNodes).forEach(function (node) {
      var block = node.nodeType === 1 && node.matches(BLOCKS);
      if (block || node.nodeType === 8 || (!group && node.nodeType === 3 && blank(node))) { group = block ? null : group; return; }
      if (!group) {
        group = box.ownerDocument.createElement("p");
        first = first || group;
        box.insertBefore(group, node);
      }
      group.appendChild(node);
    });
    if (first && box.matches("li, td, th")) move(["dir", "lang"], box, first);
    if (!box.firstElementChild && box.matches("li, td, th, blockquote")) box.appendChild(box.ownerDocument.createElement("p"));
  }

  // Words typed without the editor: a blank line separates paragraphs, lines starting with "- " are items.
  function fromPlain(text, page) {
    text.trim().split(/\n\s*\n/).forEach(function (block) {
      var list = null;
      block.split("\n").forEach(function (line) {
        var item = /^\s*- (.*)/.exec(line), made = page.createElement(item ? "li" : "p");
        if (!line.trim()) return;
        if (item && !list) list = page.body.appendChild(page.createElement("ul"));
        if (!item) list = null;
        made.textContent = (item ? item[1] : line).trim();
        (list || page.body).appendChild(made);
      });
    });
  }

  // Stored HTML → what the editor opens.
  function prepare(stored) {
    var plain = !/<\/?[a-z][^>]*>/i.test(stored), page = parse(plain ? "" : stored);
    if (plain) fromPlain(stored, page);
    wrap(page.body);
    each(page.body, "li, td, th, blockquote", wrap);
    // There is always a line to go on writing.
    var last = page.body.lastElementChild;
    if (!last || !last.matches("p, h3, h4, ul, ol")) page.body.appendChild(page.createElement("p")).setAttribute("dir", "auto");
    return page.body.innerHTML;
  }

  function scopes(table) {
    var rows = table.querySelectorAll(":scope > tbody > tr"), head = null, heading = true;
    Array.prototype.slice.call(rows).forEach(function (row, index) {
      var all = !row.querySelector(":scope > td");
      each(row, ":scope > th:not([scope])", function (th) { th.setAttribute("scope", all ? "col" : "row"); });
      heading = heading && all && index < rows.length - 1;
      if (!heading) return;
      head = head || table.insertBefore(table.ownerDocument.createElement("thead"), table.tBodies[0]);
      head.appendChild(row);
    });
  }

  // The editor's HTML → what is stored.
  function tidy(html) {
    var page = parse(html);
    each(page.body, "li, td, th", function (box) {
      var first = box.firstElementChild, others = box.querySelectorAll(box.matches("li") ? ":scope > :not(ul, ol)" : ":scope > *");
      if (!first || !first.matches("p") || others.length !== 1) return;
      move(["dir", "lang"], first, box);
      unwrap(first);
    });
    each(page.body, ":scope > p, blockquote > p", function (p) { if (blank(p)) p.remove(); });
    each(page.body, "blockquote", function (quote) { if (blank(quote)) quote.remove(); });
    each(page.body, "table", scopes);
    return page.body.innerHTML;
  }

  // Word's lists are paragraphs that only say in their style which list they mean.
  function wordLists(page) {
    var open = [];
    each(page.body, "p, h1, h2, h3, h4, h5, h6", function (p) {
      var level = /mso-list:[^;]*\blevel([1-9])/.exec(styleOf(p));
      if (!level) return;
      var sign = "";
      each(p, "span", function (span) {
        if (!/mso-list:\s*ignore/.test(styleOf(span))) return;
        sign += span.textContent;
        span.remove();
      });
      if (open.length && p.previousElementSibling !== open[0]) open = [];
      while (open.length > Number(level[1])) open.pop();
      while (open.length < Number(level[1])) {
        var list = page.createElement(/^\s*\(?([0-9\u0660-\u0669]{1,3}|[ivxa-z]{1,4})[.)\-]/i.test(sign) ? "ol" : "ul");
        var outer = open[open.length - 1];
        if (outer) (outer.lastElementChild || outer.appendChild(page.createElement("li"))).appendChild(list);
        else p.parentNode.insertBefore(list, p);
        open.push(list);
      }
      var item = open[open.length - 1].appendChild(page.createElement("li"));
      if (p.hasAttribute("dir")) item.setAttribute("dir", p.getAttribute("dir"));
      while (p.firstChild) item.appendChild(p.firstChild);
      p.remove();
    });
  }

  // Google Docs says bold, italic and raised in styles, and wraps all in a <b> that is not bold.
  function styled(element) {
    var style = styleOf(element), tags = [];
    if (/font-weight:\s*(normal|[1-5]00)/.test(style) && element.matches("b, strong")) { unwrap(element); return; }
    if (/font-style:\s*normal/.test(style) && element.matches("i, em")) { unwrap(element); return; }
    if (!element.matches("span, font")) return;
    if (/font-weight:\s*(bold|[6-9]00)/.test(style)) tags.push("strong");
    if (/font-style:\s*italic/.test(style)) tags.push("em");
    if (/vertical-align:\s*super/.test(style)) tags.push("sup");
    if (/vertical-align:\s*sub/.test(style)) tags.push("sub");
    tags.forEach(function (tag) {
      var made = element.ownerDocument.createElement(tag);
      while (element.firstChild) made.appendChild(element.firstChild);
      element.appendChild(made);
    });
  }

  var KEPT_ATTRIBUTES = {A: ["href"], IMG: ["src", "alt", "width", "height"], TD: ["colspan", "rowspan"], TH: ["colspan", "rowspan", "scope"]};
  var ALLOWED = BLOCKS + ", li, strong, em, sub, sup, a, img, br, thead, tbody, tr, th, td, caption, bdi, span";
  var DROPPED = "script, style, link, meta, title, base, template, iframe, object, embed, noscript, svg, math, textarea, select, "
    + "button, input, audio, video, canvas, hr";
  var BOXES = "div, section, article, main, aside, nav, header, footer, address, figure, figcaption, pre, dl, dt, dd, form, fieldset, details, summary";

  // HTML from the clipboard → HTML with nothing but what the sanitiser would let pass. What was copied in an editor of ours
  // (ProseMirror marks it) keeps the languages it says.
  function clean(html) {
    var own = html.indexOf("data-pm-slice") >= 0, page = parse(html), node;
    var comments = page.createTreeWalker(page.body, NodeFilter.SHOW_COMMENT), gone = [];
    while ((node = comments.nextNode())) gone.push(node);
    gone.forEach(function (comment) { comment.remove(); });
    each(page.body, DROPPED, function (element) { element.remove(); });
    wordLists(page);
    each(page.body, "b, strong, i, em, span, font", styled);
    each(page.body, "b", function (element) { rename(element, "strong"); });
    each(page.body, "i", function (element) { rename(element, "em"); });
    each(page.body, "h1, h2", function (element) { rename(element, "h3"); });
    each(page.body, "h5, h6", function (element) { rename(element, "h4"); });
    each(page.body, "img", function (element) { if (!PICTURE.test(element.getAttribute("src") || "")) element.remove(); });
    each(page.body, "a", function (element) { if (!href(element.getAttribute("href"))) unwrap(element); });
    each(page.body, BOXES, function (box) {
      if (!box.querySelector(BLOCKS + ", " + BOXES) && !box.closest("p, li, td, th")) rename(box, "p");
    });
    each(page.body, "*", function (element) {
      if (!element.matches(ALLOWED) || (!own && element.matches("span"))) {
        // The words of two boxes that go do not run into each other.
        if (element.matches(BOXES)) element.after(" ");
        unwrap(element);
      } else strip(element, own);
    });
    if (!own) each(page.body, "p, h3, h4, blockquote", function (p) { if (blank(p) && !p.closest("td, th")) p.remove(); });
    each(page.body, "p, h3, h4", function (p) { if (!own && !p.hasAttribute("dir")) p.setAttribute("dir", "auto"); });
    return own ? page.body.innerHTML : page.body.innerHTML.replace(/(?:&nbsp;|\s){2,}/g, " ").replace(/(?:&nbsp;|\s)(?=<\/(?:p|h3|h4|li|td|th)>)/g, "");
  }

  function strip(element, own) {
    var names = KEPT_ATTRIBUTES[element.tagName] || [];
    Array.prototype.slice.call(element.attributes).forEach(function (a) {
      var value = a.name === "dir" ? a.value.toLowerCase() : a.value;
      element.removeAttribute(a.name);
      if (a.name === "dir" && DIR.test(value) && (own || element.matches("p, h3, h4, li, td, th, bdi"))) element.setAttribute("dir", value);
      else if (own && a.name === "lang" && LANG.test(value)) element.setAttribute("lang", value);
      else if (a.name === "href") element.setAttribute("href", href(value));
      else if (names.indexOf(a.name) >= 0 || (own && a.name === "data-pm-slice")) element.setAttribute(a.name, value);
    });
  }

  return {extensions: extensions, prepare: prepare, tidy: tidy, clean: clean, href: href};
})();
