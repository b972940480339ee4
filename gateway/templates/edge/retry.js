"use strict";
(() => {
  // Every try of this tab waits longer than the one before, up to a minute, until it is calm again.
  let tries = 0;
  try {
    const [count, at] = (sessionStorage.getItem("gatehouse-tries") || "0 0").split(" ").map(Number);
    tries = Date.now() - at < 120000 ? count : 0;
    sessionStorage.setItem("gatehouse-tries", `${tries + 1} ${Date.now()}`);
  } catch { /* no storage: always the shortest wait */ }
  const shown = document.getElementById("countdown");
  let left = Math.min(60, 5 * 2 ** Math.min(tries, 4));
  shown.closest("[hidden]").hidden = false;
  const tick = () => {
    shown.textContent = String(left);
    if (left === 0) location.replace(location.pathname + location.search);
    else { left -= 1; setTimeout(tick, 1000); }
  };
  tick();
})();
