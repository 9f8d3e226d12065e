// What pages gain from JavaScript. Everything works without it.
(function () {
  "use strict";
  var root = document.documentElement;
  var status = document.getElementById("status");

  function say(text) {
    if (status) { status.textContent = ""; setTimeout(function () { status.textContent = text; }, 50); }
  }

  // Colours and text size
  var display = document.querySelector("[data-display]");
  if (display) {
    display.hidden = false;
    display.querySelectorAll("input").forEach(function (input) {
      input.checked = input.value === (root.dataset[input.name] || (input.name === "size" ? "100" : "auto"));
      input.addEventListener("change", function () {
        var usual = input.value === "auto" || input.value === "100";
        if (usual) delete root.dataset[input.name]; else root.dataset[input.name] = input.value;
        try {
          if (usual) localStorage.removeItem(input.name); else localStorage.setItem(input.name, input.value);
        } catch (e) { /* it holds for this page */ }
      });
    });
  }

  // The on-this-page list stands open where there is room for it beside the text.
  var wide = window.matchMedia("(min-width: 64rem)");
  document.querySelectorAll("[data-wide-open]").forEach(function (box) {
    box.open = wide.matches;
    wide.addEventListener("change", function () { box.open = wide.matches; });
  });
  document.documentElement.dataset.scripts = "ready";

  // What unfolds over the page folds again with Escape, or when somebody turns to something else.
  var folded = document.querySelectorAll("details[data-closes]");
  function fold(event) {
    folded.forEach(function (box) {
      if (box.open && (event.key === "Escape" || (!event.key && !box.contains(event.target)))) {
        if (event.key && box.contains(document.activeElement)) box.querySelector("summary").focus();
        box.open = false;
      }
    });
  }
  if (folded.length) ["keydown", "click", "focusin"].forEach(function (kind) { document.addEventListener(kind, fold); });

  // Paper shows what the screen folds away.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.part:not([open])").forEach(function (part) { part.open = true; });
  });

  document.querySelectorAll("[data-print]").forEach(function (item) {
    item.hidden = false;
    item.firstElementChild.addEventListener("click", function () { window.print(); });
  });

  document.querySelectorAll("[data-copy]").forEach(function (item) {
    if (!navigator.clipboard) return;
    item.hidden = false;
    item.firstElementChild.addEventListener("click", function () {
      var label = item.firstElementChild.lastChild, words = label.textContent;
      navigator.clipboard.writeText(item.dataset.copy).then(function () {
        say(item.dataset.copied);
        label.textContent = item.dataset.copied;
        setTimeout(function () { label.textContent = words; }, 3000);
      });
    });
  });

  // A password can be looked at while it is typed; it is sent hidden, so that browsers know it for one.
  document.querySelectorAll("[data-reveal]").forEach(function (button) {
    var input = document.getElementById(button.dataset.reveal), words = button.textContent;
    function show(open) {
      input.type = open ? "text" : "password";
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? button.dataset.hide : words;
    }
    button.hidden = false;
    button.addEventListener("click", function () { show(input.type === "password"); input.focus(); });
    if (input.form) input.form.addEventListener("submit", function () { show(false); });
  });

  // Errors of a form come first.
  var errors = document.querySelector("[data-errors]");
  if (errors) errors.focus();

  // After htmx replaced a part: say what it is now; a focus that went with the old part goes to the new one.
  document.addEventListener("htmx:afterSettle", function (event) {
    var part = document.getElementById(event.detail.target.id) || event.detail.elt;
    var heading = part.querySelector("#results-count");
    if (part.hasAttribute("data-announce") && heading) say(heading.textContent.trim());
    if (part.dataset.say) say(part.dataset.say);
    if (document.activeElement !== document.body) return;
    var next = part.querySelector("button") || heading;
    if (next === heading && heading) heading.tabIndex = -1;
    if (next) next.focus();
  });
  // A session that ended: sent as a plain form, its entries are kept through signing in.
  document.addEventListener("htmx:responseError", function (event) {
    if (event.detail.elt.id === "similar") return; // only a help while a question is typed: the page is left alone
    var form = event.detail.elt.closest("form[method=post]");
    if (form && [400, 401].indexOf(event.detail.xhr.status) >= 0) form.submit(); else location.reload();
  });
  document.addEventListener("htmx:sendError", function (event) {
    var form = event.detail.elt;
    if (form && form.submit) form.submit();
  });
})();
// The search box as a combobox (WAI-ARIA APG): suggestions under what is typed, by keyboard and by touch.
(function () {
  "use strict";
  var form = document.querySelector("[data-search]");
  if (!form || !window.fetch || !window.AbortController) return;
  var input = form.querySelector("input"), list = form.querySelector("[role=listbox]");
  var status = document.getElementById("status");
  var timer, running, asked = "", typed = "", active = -1;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function options() { return list.querySelectorAll("[role=option]"); }
  function say(words) { if (status) status.textContent = words; }

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show(html) {
    list.innerHTML = html;
    active = -1;
    input.removeAttribute("aria-activedescendant");
    var number = options().length;
    list.hidden = !number;
    input.setAttribute("aria-expanded", String(!!number));
    say(number ? form.dataset.found.replace("{n}", number) : form.dataset.none);
  }

  function ask() {
    var words = input.value.trim();
    if (words === asked) return;
    asked = words;
    if (running) running.abort();
    if (words.length < 2) { close(); say(""); return; }
    running = new AbortController();
    fetch(form.dataset.search + "?q=" + encodeURIComponent(words), {headers: {"X-Suggest": "1"}, signal: running.signal})
      .then(function (answer) { return answer.ok ? answer.text() : ""; })
      .then(function (html) { if (document.activeElement === input) show(html); })
      .catch(function () { /* a newer letter, or no network: the plain form remains */ });
  }

  function mark(to) {
    var all = options();
    if (!all.length) return;
    if (active >= 0) all[active].setAttribute("aria-selected", "false");
    active = to < -1 ? all.length - 1 : to >= all.length ? -1 : to;
    if (active < 0) { input.removeAttribute("aria-activedescendant"); input.value = typed; return; }
    all[active].setAttribute("aria-selected", "true");
    all[active].scrollIntoView({block: "nearest"});
    input.setAttribute("aria-activedescendant", all[active].id);
    input.value = all[active].dataset.value;
  }

  function choose(option) {
    input.value = option.dataset.value;
    close();
    form.submit();
  }

  input.addEventListener("input", function () {
    typed = input.value;
    clearTimeout(timer);
    timer = setTimeout(ask, 250);
  });
  input.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    var open = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!open && options().length && input.value.trim() === asked) {
        list.hidden = false;
        input.setAttribute("aria-expanded", "true");
        open = true;
      }
      if (!open) return;
      event.preventDefault();
      mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      input.value = typed;
      close();
    }
  });
  list.addEventListener("mousedown", function (event) { event.preventDefault(); });
  list.addEventListener("click", function (event) {
    var option = event.target.closest("[role=option]");
    if (option) choose(option);
  });
  input.addEventListener("blur", close);
})();
