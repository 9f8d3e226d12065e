// The editor over each <textarea data-editor>: toolbar, links, references, pictures. All words come from #editor-words
// (templates/editing/_editor_words.html). Whatever fails here leaves the plain textarea.
(function () {
  "use strict";
  var text = window.EditorText, element = document.getElementById("editor-words");
  if (!text || !element) return;
  var words = element.dataset, mounted = [], dialog = null;

  // [name, icon, what it does, when it is pressed]
  var BUTTONS = [
    ["bold", "bold", function (c) { return c.toggleBold(); }, ["bold"]],
    ["italic", "italic", function (c) { return c.toggleItalic(); }, ["italic"]],
    ["heading3", "heading-3", function (c) { return c.toggleHeading({level: 3}); }, ["heading", {level: 3}]],
    ["heading4", "heading-4", function (c) { return c.toggleHeading({level: 4}); }, ["heading", {level: 4}]],
    ["bullets", "list", function (c) { return c.toggleBulletList(); }, ["bulletList"]],
    ["numbers", "list-ordered", function (c) { return c.toggleOrderedList(); }, ["orderedList"]],
    ["quote", "text-quote", function (c) { return c.toggleBlockquote(); }, ["blockquote"]],
    ["link", "link", null, ["link"]],
    ["reference", "book-marked", null],
    ["picture", "image", null],
    ["table", "table", function (c) { return c.insertTable({rows: 3, cols: 3, withHeaderRow: true}); }],
    ["subscript", "subscript", function (c) { return c.toggleMark("subscript"); }, ["subscript"]],
    ["superscript", "superscript", function (c) { return c.toggleMark("superscript"); }, ["superscript"]],
    ["rtl", "pilcrow-left", direction("rtl"), [{dir: "rtl"}]],
    ["ltr", "pilcrow-right", direction("ltr"), [{dir: "ltr"}]],
    ["undo", "undo-2", function (c) { return c.undo(); }],
    ["redo", "redo-2", function (c) { return c.redo(); }]
  ];
  // Shown while the cursor is in a table; with words, since their pictures say little.
  var TABLE_BUTTONS = [
    ["rowAdd", null, function (c) { return c.addRowAfter(); }],
    ["columnAdd", null, function (c) { return c.addColumnAfter(); }],
    ["rowRemove", null, function (c) { return c.deleteRow(); }],
    ["columnRemove", null, function (c) { return c.deleteColumn(); }],
    ["headerRow", null, function (c) { return c.toggleHeaderRow(); }],
    ["tableRemove", null, function (c) { return c.deleteTable(); }]
  ];

  // Pressed again, the block finds its direction by itself.
  function direction(dir) {
    return function (chain, editor) {
      var to = {dir: editor.isActive({dir: dir}) ? "auto" : dir};
      return chain.updateAttributes("paragraph", to).updateAttributes("heading", to);
    };
  }

  function make(tag, attributes, parent) {
    var made = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    if (parent) parent.appendChild(made);
    return made;
  }

  function plainButton(label, parent, look) {
    var made = make("button", {type: "button", "class": look || "button button--quiet"}, parent);
    made.textContent = label;
    return made;
  }

  function picture(name) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", words.icons + "#" + name);
    svg.appendChild(use);
    return svg;
  }

  function mount(textarea) {
    var original = textarea.value, form = textarea.form, id = textarea.id;
    var label = id && document.querySelector('label[for="' + CSS.escape(id) + '"]');
    var box = make("div", {"class": "editor"}), buttons = [], panel = null, waiting = false;
    var tools = make("div", {"class": "editor__tools"}, box);
    var bar = make("div", {"class": "editor__bar", role: "toolbar", "aria-label": words.toolbar}, tools);
    var row = make("div", {"class": "editor__row"}, bar), tableRow = make("div", {"class": "editor__row", hidden: ""}, bar);
    var about = {role: "textbox", "aria-multiline": "true", "class": "editor__text prose"};
    var pictures = textarea.dataset.picturesUrl || (form && form.dataset.picturesUrl);
    var references = Number(form && form.dataset.references) || 0;

    ["dir", "lang", "aria-describedby", "aria-invalid"].forEach(function (name) {
      if (textarea.hasAttribute(name)) about[name] = textarea.getAttribute(name);
    });
    if (label) {
      label.id = label.id || id + "-label";
      about["aria-labelledby"] = label.id;
    } else if (textarea.hasAttribute("aria-label")) about["aria-label"] = textarea.getAttribute("aria-label");
    if (id) { about.id = id + "-text"; bar.setAttribute("aria-controls", about.id); }

    var editor = new window.Tiptap.Editor({
      element: make("div", {"class": "editor__page"}, box),
      content: text.prepare(original),
      extensions: text.extensions,
      injectCSS: false,
      enableInputRules: ["bulletList", "orderedList"],
      enablePasteRules: false,
      editorProps: {
        attributes: about,
        transformPastedHTML: text.clean,
        handlePaste: function (_view, event) { return onlyFiles(event.clipboardData); },
        handleDrop: function (_view, event) { return onlyFiles(event.dataTransfer); },
        handleKeyDown: function (_view, event) {
          if (event.key !== "F10" || !event.altKey) return false;
          current().focus();
          return true;
        }
      },
      onUpdate: write,
      onTransaction: refreshSoon
    });
    var first = editor.state.doc;

    // Brought back to how it was, a field is as it was: to the byte.
    function write() {
      var value = editor.state.doc.eq(first) ? original : text.tidy(editor.getHTML());
      if (value === textarea.value) return;
      textarea.value = value;
      textarea.dispatchEvent(new Event("input", {bubbles: true}));
    }

    function add(entry, to) {
      var name = entry[0], button = make("button", {type: "button", "class": "editor__button", tabindex: "-1"}, to);
      if (entry[1] && words.icons) {
        button.appendChild(picture(entry[1]));
        button.setAttribute("aria-label", words[name]);
        button.title = words[name];
      } else button.textContent = words[name];
      button.dataset.does = name;
      if (entry[3]) button.setAttribute("aria-pressed", "false");
      // The selection in the text stays while a button is pressed.
      button.addEventListener("mousedown", function (event) { event.preventDefault(); });
      button.addEventListener("click", function (event) {
        step(button);
        if (button.getAttribute("aria-disabled") === "true") return;
        if (name === "link") askLink();
        else if (name === "reference") askReference();
        else if (name === "picture") choosePicture(pictures, insertPicture);
        else {
          entry[2](editor.chain(), editor).run();
          // By mouse or finger, writing goes on; by keyboard, the focus stays on the button.
          if (event.detail) editor.view.focus();
        }
      });
      buttons.push({button: button, pressed: entry[3], name: name});
    }
    BUTTONS.forEach(function (entry) {
      if (entry[0] === "picture" && !pictures || entry[0] === "reference" && !references) return;
      add(entry, row);
    });
    TABLE_BUTTONS.forEach(function (entry) { add(entry, tableRow); });

    function refreshSoon() {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(refresh);
    }

    function refresh() {
      waiting = false;
      var inTable = editor.isActive("table");
      buttons.forEach(function (item) {
        var off = item.name === "undo" && !editor.can().undo() || item.name === "redo" && !editor.can().redo() || item.name === "table" && inTable;
        if (item.pressed) item.button.setAttribute("aria-pressed", String(editor.isActive.apply(editor, item.pressed)));
        item.button.setAttribute("aria-disabled", String(!!off));
      });
      tableRow.hidden = !inTable;
      if (!inTable && tableRow.contains(current())) step(buttons[0].button);
    }

    // One Tab stop; arrow keys go along the toolbar as it is seen.
    function current() { return bar.querySelector('[tabindex="0"]'); }
    function step(to) {
      if (current()) current().tabIndex = -1;
      to.tabIndex = 0;
    }
    bar.addEventListener("keydown", function (event) {
      var shown = buttons.map(function (item) { return item.button; }).filter(function (button) { return !button.parentNode.hidden; });
      var forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      var moves = {Home: 0, End: shown.length - 1}, at = shown.indexOf(document.activeElement);
      moves[forward] = (at + 1) % shown.length;
      moves[forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"] = (at - 1 + shown.length) % shown.length;
      if (event.key === "Escape") { event.preventDefault(); editor.view.focus(); return; }
      if (!(event.key in moves) || at < 0) return;
      event.preventDefault();
      step(shown[moves[event.key]]);
      current().focus();
    });

    // A small form under the toolbar. Its fields have no name: they are not sent.
    function ask(question, action, type, value, done, extra) {
      close();
      panel = make("div", {"class": "editor__ask", role: "group", "aria-label": question}, tools);
      var name = (id || "editor") + "-ask";
      var caption = make("label", {"for": name}, panel);
      caption.textContent = question;
      var input = make("input", {id: name, type: type, dir: "ltr", autocomplete: "off", value: value}, panel);
      var fault = make("p", {"class": "field__error", id: name + "-error", role: "alert"}, panel);
      var answers = make("div", {"class": "cluster"}, panel);
      if (type === "number") { input.min = 1; input.max = references; }
      function go() {
        var wrong = done(input.value);
        if (!wrong) { close(); editor.view.focus(); return; }
        fault.textContent = wrong;
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", fault.id);
        input.focus();
      }
      plainButton(action, answers, "button").addEventListener("click", go);
      if (extra) plainButton(extra[0], answers).addEventListener("click", function () { extra[1](); close(); editor.view.focus(); });
      plainButton(words.cancel, answers).addEventListener("click", function () { close(); editor.view.focus(); });
      panel.addEventListener("keydown", function (event) {
        if (event.key === "Enter" && event.target === input) { event.preventDefault(); go(); }
        if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close(); editor.view.focus(); }
      });
      input.focus();
      input.select();
    }
    function close() { if (panel) { panel.remove(); panel = null; } }

    function askLink() {
      var held = editor.getAttributes("link").href, remove = null;
      if (held) remove = [words.linkRemove, function () { editor.chain().extendMarkRange("link").unsetMark("link").run(); }];
      ask(words.linkAddress, words.linkSet, "text", held || "", function (typed) {
        var href = text.href(typed), chain = editor.chain();
        if (!href || number(href) > references) return words.linkWrong;
        if (editor.state.selection.empty && !held) {
          chain.insertContent({type: "text", text: typed.trim(), marks: [{type: "link", attrs: {href: href}}]}).run();
        } else chain.extendMarkRange("link").setMark("link", {href: href}).run();
        return "";
      }, remove);
    }

    function number(href) { return href.indexOf("#ref-") === 0 ? Number(href.slice(5)) || references + 1 : 0; }

    function askReference() {
      ask(words.referenceNumber.replace("{n}", references), words.referenceSet, "number", "", function (typed) {
        var n = Number(typed);
        if (!(n >= 1 && n <= references && n === Math.floor(n))) return words.referenceWrong.replace("{n}", references);
        var marks = [{type: "superscript"}, {type: "link", attrs: {href: "#ref-" + n}}];
        // Behind what is selected, never instead of it; and what is typed next is plain again.
        editor.chain().insertContentAt(editor.state.selection.to, {type: "text", text: "[" + n + "]", marks: marks})
          .command(function (props) { props.tr.setStoredMarks([]); return true; }).run();
        return "";
      });
    }

    function insertPicture(chosen) {
      editor.chain().insertContent({type: "picture", attrs: {
        src: chosen.picture, alt: chosen.alt || "", width: chosen.width || "", height: chosen.height || ""
      }}).run();
      editor.view.focus();
    }

    textarea.parentNode.insertBefore(box, textarea);
    textarea.hidden = true;
    textarea.required = false;
    step(buttons[0].button);
    refresh();
    mounted.push({textarea: textarea, label: label, editor: editor});
  }

  // A file alone would go in as a picture of nowhere; pictures come from the library.
  function onlyFiles(data) {
    return !!data && data.files.length > 0 && !data.getData("text/html") && !data.getData("text/plain");
  }

  // The library of pictures in a dialog; its links and its search stay inside.
  function choosePicture(address, done) {
    if (!dialog) {
      dialog = make("dialog", {"class": "editor__pictures", "aria-labelledby": "editor-pictures-title"}, document.body);
      var head = make("div", {"class": "cluster"}, dialog);
      make("h2", {id: "editor-pictures-title"}, head).textContent = words.picturesTitle;
      plainButton(words.close, head).addEventListener("click", function () { dialog.close(); });
      dialog.list = make("div", {"aria-live": "polite"}, dialog);
      dialog.addEventListener("click", function (event) {
        var chosen = event.target.closest("[data-picture]"), link = event.target.closest("a[href]");
        if (chosen) { event.preventDefault(); dialog.close(); dialog.done(chosen.dataset); }
        else if (link && !link.target && link.origin === location.origin) { event.preventDefault(); load(link.href); }
      });
      dialog.addEventListener("submit", function (event) {
        event.preventDefault();
        load(event.target.action.split("?")[0] + "?" + new URLSearchParams(new FormData(event.target)));
      });
    }
    dialog.done = done;
    dialog.showModal();
    load(address);
  }

  function load(address) {
    var list = dialog.list;
    if (!list.firstChild) list.textContent = words.loading;
    fetch(address, {headers: {"HX-Request": "true"}}).then(function (answer) {
      if (!answer.ok || answer.redirected) throw new Error("status " + answer.status);
      return answer.text();
    }).then(function (html) { list.innerHTML = html; }).catch(function () { list.textContent = words.picturesFailed; });
  }

  document.querySelectorAll("textarea[data-editor]").forEach(function (textarea) {
    var before = textarea.previousSibling;
    try { mount(textarea); } catch (error) {
      if (textarea.previousSibling !== before) textarea.previousSibling.remove();
      textarea.hidden = false;
      console.error(error);
    }
  });

  // Labels and the entries of an error summary lead to the editor, since its textarea is hidden.
  document.addEventListener("click", function (event) {
    var link = event.target.closest('a[href^="#"], label');
    mounted.forEach(function (field) {
      if (!link || !(link === field.label || (link.hash && link.hash === "#" + field.textarea.id))) return;
      event.preventDefault();
      field.editor.view.focus();
    });
  });
})();
