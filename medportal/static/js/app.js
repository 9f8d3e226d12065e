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

  // Errors of a form come first.
  var errors = document.querySelector("[data-errors]");
  if (errors) errors.focus();

  // After htmx replaced a part: say what it is now; keep the focus where it was.
  document.addEventListener("htmx:afterSwap", function (event) {
    var part = document.getElementById(event.detail.target.id) || event.detail.target;
    if (part.hasAttribute("data-announce")) {
      var heading = part.querySelector("#results-count");
      if (heading) say(heading.textContent.trim());
    }
  });
  document.addEventListener("htmx:responseError", function () { location.reload(); });
  document.addEventListener("htmx:sendError", function (event) {
    var form = event.detail.elt;
    if (form && form.submit) form.submit();
  });
})();
