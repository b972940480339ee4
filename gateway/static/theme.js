"use strict";
// Light or dark as the system has it, or as this browser was told. Runs in the head, before the
// page is painted; the switch appears only where this runs.
(() => {
  const root = document.documentElement;
  const night = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (night.matches ? "dark" : "light")) === "dark";
  const kept = () => {
    try { return localStorage.getItem("gatehouse-theme"); } catch { return null; }
  };
  if (kept()) root.dataset.theme = kept();
  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    const show = () => {
      button.textContent = isDark() ? button.dataset.light : button.dataset.dark;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("gatehouse-theme", root.dataset.theme); } catch { /* this page only */ }
      show();
    });
    night.addEventListener("change", show);
    show();
  });
})();
