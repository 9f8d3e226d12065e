// Before the first paint: the reader's colours and text size, kept in this browser only, and room for what folds up.
(function () {
  var root = document.documentElement;
  root.dataset.scripts = "waiting"; // what app.js folds up is not shown unfolded first
  window.addEventListener("load", function () { root.dataset.scripts = "ready"; });
  try {
    var theme = localStorage.getItem("theme");
    var size = localStorage.getItem("size");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (size === "115" || size === "130" || size === "150") root.dataset.size = size;
  } catch (e) { /* storage is switched off: the system's settings hold */ }
})();
