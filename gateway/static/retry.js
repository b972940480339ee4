"use strict";
// Counts down beside [data-retry]; at its end tries again by itself where [data-by-itself] says so.
// The edge's 503 page has this file inside it, on apps' hosts.
(() => {
  const place = document.querySelector("[data-retry]");
  const shown = document.getElementById("countdown");
  const byItself = "byItself" in place.dataset;
  let left = Number(place.dataset.retry);
  if (byItself) {
    // Every try of this tab waits longer than the one before, until it has been calm for a while.
    let tries = 0;
    try {
      const [count, at] = (sessionStorage.getItem("gatehouse-tries") || "0 0").split(" ").map(Number);
      tries = Date.now() - at < 120000 ? count : 0;
      sessionStorage.setItem("gatehouse-tries", `${tries + 1} ${Date.now()}`);
    } catch { /* no storage: always the shortest wait */ }
    left = Math.min(60, left * 2 ** Math.min(tries, 4));
  }
  place.hidden = false;
  const tick = () => {
    shown.textContent = String(left);
    if (left > 0) {
      left -= 1;
      setTimeout(tick, 1000);
    } else if (byItself) {
      document.querySelector("[data-try-again]").click();
    } else {
      place.hidden = true;
    }
  };
  tick();
})();
