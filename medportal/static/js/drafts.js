// Writing without losing anything: drafts save themselves, Ctrl+S saves, languages share a narrow screen.
(function () {
  "use strict";
  var KEEPALIVE_BYTES = 60000, TIMEOUT_MS = 30000;

  function autosave(form) {
    var status = form.querySelector("[data-autosave-status]") || document.querySelector("[data-autosave-status]");
    var version = form.querySelector("[data-version]");
    var seconds = Number(form.dataset.autosaveSeconds) || 20;
    // changes: how often something was typed; saved: up to where the server has it; refused: up to where it did not want it.
    var changes = form.hasAttribute("data-dirty") ? 1 : 0, saved = 0, refused = 0, running = null, leaving = false;

    function unsaved() { return changes > saved; }
    function body() {
      var fields = new URLSearchParams();
      new FormData(form).forEach(function (value, name) { if (typeof value === "string") fields.append(name, value); });
      return fields.toString();
    }
    function say(html) { if (status) status.innerHTML = html; }
    function failed() { if (status) status.textContent = status.dataset.failed || ""; }

    function save() {
      if (running || leaving || !unsaved() || refused === changes) return;
      var sent = changes, data = body(), stop = new AbortController();
      var timer = setTimeout(function () { stop.abort(); }, TIMEOUT_MS);
      running = fetch(form.dataset.autosave, {
        method: "POST",
        headers: {"X-Autosave": "1", "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"},
        body: data,
        keepalive: document.hidden && data.length < KEEPALIVE_BYTES,
        signal: stop.signal
      }).then(function (answer) {
        // Anything else is not the answer to a draft: the session ended, or the server is ill.
        if (answer.redirected || (answer.status !== 200 && answer.status !== 409)) throw new Error("status " + answer.status);
        return answer.text().then(function (html) {
          say(html);
          if (answer.status === 409) { refused = sent; return; }
          saved = sent;
          if (version && answer.headers.get("X-Version")) version.value = answer.headers.get("X-Version");
        });
      }).catch(failed).then(function () {
        clearTimeout(timer);
        running = null;
        if (document.hidden && changes > sent) save();
      });
    }

    function changed(event) { if (event.target.name && event.target !== version) changes += 1; }
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    setInterval(save, seconds * 1000);
    document.addEventListener("visibilitychange", function () { if (document.hidden) save(); });

    // A draft on its way would make the form's own version old: the form waits for it.
    form.addEventListener("submit", function (event) {
      var by = event.submitter;
      // A preview opens in another tab: this page stays.
      if (event.defaultPrevented || (by && by.formTarget === "_blank")) return;
      if (!running) { leaving = true; return; }
      event.preventDefault();
      running.then(function () { form.requestSubmit(by && by.form === form ? by : undefined); });
    });
    window.addEventListener("pageshow", function () { leaving = false; });
    window.addEventListener("beforeunload", function (event) {
      if (leaving || !unsaved()) return;
      event.preventDefault();
      event.returnValue = "";
    });
  }

  document.addEventListener("keydown", function (event) {
    // On an Arabic keyboard the key of S gives another letter.
    var s = event.key.toLowerCase() === "s" || (event.key > "~" && event.code === "KeyS");
    if (!s || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    var form = document.activeElement && document.activeElement.closest("form");
    var button = (form && form.querySelector("[data-save]")) || document.querySelector("[data-save]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // Languages: side by side where there is room, one at a time where there is not. All groups of a page show the same one.
  var wide = window.matchMedia("(min-width: 60rem)"), groups = [];

  function tabs(box) {
    var panes = Array.prototype.slice.call(box.querySelectorAll("[data-language-pane]")).filter(function (pane) {
      return pane.closest("[data-language-tabs]") === box;
    });
    if (panes.length < 2) return;
    var list = document.createElement("div"), number = groups.length;
    list.className = "language-tabs__list";
    list.setAttribute("role", "tablist");
    if (box.dataset.languageTabs) list.setAttribute("aria-label", box.dataset.languageTabs);
    var all = panes.map(function (pane) {
      var code = pane.dataset.languagePane, tab = document.createElement("button");
      tab.type = "button";
      tab.className = "language-tabs__tab";
      tab.id = "language-tab-" + number + "-" + code;
      tab.textContent = pane.dataset.name || code;
      tab.lang = code;
      tab.setAttribute("role", "tab");
      pane.id = pane.id || "language-pane-" + number + "-" + code;
      tab.setAttribute("aria-controls", pane.id);
      list.appendChild(tab);
      tab.addEventListener("click", function () { choose(code); });
      return {code: code, pane: pane, tab: tab, name: pane.getAttribute("aria-label"), by: pane.getAttribute("aria-labelledby"), role: pane.getAttribute("role")};
    });
    list.addEventListener("keydown", function (event) {
      var at = all.findIndex(function (one) { return one.tab === document.activeElement; });
      var forward = getComputedStyle(list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
      var back = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
      var to = {Home: 0, End: all.length - 1};
      to[forward] = (at + 1) % all.length;
      to[back] = (at - 1 + all.length) % all.length;
      if (!(event.key in to)) return;
      event.preventDefault();
      choose(all[to[event.key]].code);
      all[to[event.key]].tab.focus();
    });
    box.insertBefore(list, box.firstChild);
    groups.push({list: list, all: all});
  }

  var chosen = null;
  function choose(code) { chosen = code; layOut(); }

  function put(element, name, value) { if (value === null) element.removeAttribute(name); else element.setAttribute(name, value); }

  function layOut() {
    groups.forEach(function (group) {
      group.list.hidden = wide.matches;
      var there = group.all.some(function (one) { return one.code === chosen; });
      group.all.forEach(function (one, index) {
        var shown = there ? one.code === chosen : index === 0;
        one.tab.setAttribute("aria-selected", String(shown));
        one.tab.tabIndex = shown ? 0 : -1;
        one.pane.hidden = !wide.matches && !shown;
        put(one.pane, "role", wide.matches ? one.role : "tabpanel");
        put(one.pane, "aria-labelledby", wide.matches ? one.by : one.tab.id);
      });
    });
  }

  // Whatever a link leads to is shown first.
  function reveal(target) {
    var pane = target && target.closest("[data-language-pane]");
    if (pane && pane.hidden) choose(pane.dataset.languagePane);
  }
  function named(hash) { try { return document.getElementById(decodeURIComponent(hash.slice(1))); } catch (e) { return null; } }

  document.querySelectorAll("[data-language-tabs]").forEach(tabs);
  if (groups.length) {
    var wrong = document.querySelector("[data-language-pane] [aria-invalid=true]");
    choose(wrong ? wrong.closest("[data-language-pane]").dataset.languagePane : document.documentElement.lang);
    if (location.hash) reveal(named(location.hash));
    wide.addEventListener("change", layOut);
    document.addEventListener("click", function (event) {
      var link = event.target.closest('a[href^="#"]');
      if (link) reveal(named(link.hash));
    }, true);
  }
  document.querySelectorAll("form[data-autosave]").forEach(autosave);
})();
