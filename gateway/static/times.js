"use strict";
// Times in the reader's own zone; the UTC that the page came with moves to the title.
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  time.title = time.textContent.trim();
  time.textContent = moment.toLocaleString(undefined, {
    dateStyle: "medium", timeStyle: "short",
  });
}
