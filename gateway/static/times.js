"use strict";
// Times in the reader's own zone; the UTC that the page came with moves to the title.
const tell = (place) => {
  for (const time of place.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.title = time.textContent.trim();
    time.textContent = moment.toLocaleString(undefined, {
      dateStyle: "medium", timeStyle: "short",
    });
  }
};
tell(document);
// Part of a page that came later.
document.addEventListener("renewed", ({ target }) => tell(target));
