// Before the first paint: the reader's colours and text size, kept in this browser only.
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem("theme");
    var size = localStorage.getItem("size");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (size === "115" || size === "130" || size === "150") root.dataset.size = size;
  } catch (e) { /* storage is switched off: the system's settings hold */ }
})();
