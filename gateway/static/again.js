"use strict";
// Looks every two seconds how far it is what [data-waits] waits for, and loads the page anew only once
// that is over: nobody who reads or listens meanwhile is disturbed (WCAG 2.2, 3.2.5).
(() => {
  const place = document.querySelector("[data-waits]");
  const timer = setInterval(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const seen = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = seen.querySelector("[data-waits]");
    if (!now) {
      clearInterval(timer);
      location.reload();
    } else if (now.innerHTML !== place.innerHTML) {
      place.innerHTML = now.innerHTML;
    }
  }, 2000);
})();
