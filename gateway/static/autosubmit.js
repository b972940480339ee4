"use strict";
// Sends the one form of the page, unless the person has just come back to it.
(() => {
  const [way] = performance.getEntriesByType("navigation");
  if (!way || way.type !== "back_forward") document.querySelector("form[data-leaves]").submit();
})();
