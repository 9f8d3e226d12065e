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
    var form = event.detail.elt.closest("form[method=post]");
    if (form && [400, 401].indexOf(event.detail.xhr.status) >= 0) form.submit(); else location.reload();
  });
  document.addEventListener("htmx:sendError", function (event) {
    var form = event.detail.elt;
    if (form && form.submit) form.submit();
  });
})();
