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
