"use strict";
// What a form says while it is typed and how many it is about, what its fields can be picked from, and
// who else has a draft open. Without this script the button "Show what it says" and a reload do the same.
const WAIT_MS = 200;
const AGAIN_MS = 10_000;

const form = document.querySelector("form[data-beside]");
const beside = document.getElementById("beside");
if (form && beside) {
  let asked = null;
  let timer = 0;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.beside, {
        method: "POST", body: new FormData(form), signal: asked.signal,
      });
      if (answer.ok && !answer.redirected) beside.innerHTML = await answer.text();
    } catch (error) {
      if (error.name !== "AbortError") beside.dataset.away = "";
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
  ask();

  let picking = 0;
  const pick = async (field) => {
    const [address, name] = [field.name.replace(/\.[a-z]+$/, ""), field.name.split(".").pop()];
    if (!field.list || !["claim", "value"].includes(name)) return;
    const claim = name === "value" ? form.elements[`${address}.claim`].value : "";
    if (name === "value" && !claim) return;
    const asked = new URLSearchParams(claim ? { claim, begins: field.value } : {});
    const answer = await fetch(`${form.dataset.seen}?${asked}`).catch(() => null);
    if (answer?.ok && !answer.redirected) field.list.innerHTML = await answer.text();
  };
  for (const happened of ["focusin", "input"]) {
    form.addEventListener(happened, ({ target }) => {
      clearTimeout(picking);
      if (target.list) picking = setTimeout(() => pick(target), WAIT_MS);
    });
  }
}

for (const place of document.querySelectorAll("[data-again]")) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.again).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const told = (await answer.text()).trim();
    if (told !== place.innerHTML.trim()) place.innerHTML = told;
  }, place.dataset.seconds * 1000 || AGAIN_MS);
}

// Where the last button led. The browser's own autofocus comes before the console is dressed.
addEventListener("load", () => document.querySelector(".mapping [data-focus]")?.focus());
