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
    if (!field.list?.id.includes("seen")) return;
    const claim = name === "claim" ? "" : form.elements[`${address}.claim`].value;
    if (name !== "claim" && !claim) return;
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

  // One condition as the whole page would show it after that, in the place of the old one.
  const redraw = async (row, deed, name) => {
    const [body, old] = [new FormData(form), row.querySelector("[name$='.operator']").name];
    if (deed) body.set("do", deed);
    const answer = await fetch(location.href, { method: "POST", body }).catch(() => null);
    if (!answer?.ok || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const made = page.getElementsByName(old)[0]?.closest("fieldset");
    if (!made || !row.isConnected) return false;
    row.replaceWith(made);
    made.querySelector(`[name="${name}"]`)?.focus();
    ask();
    return true;
  };
  form.addEventListener("change", ({ target }) => {
    if (target.name?.endsWith(".operator")) redraw(target.closest("fieldset"), "", target.name);
  });
  const added = async (event, field) => {
    const row = field.closest("fieldset");
    event.preventDefault();
    if (!await redraw(row, "pick", field.name)) form.requestSubmit(row.querySelector("[value=pick]"));
  };
  form.addEventListener("click", (event) => {
    if (event.target.value === "pick") added(event, event.target.parentElement.querySelector("input"));
  });
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Enter" && field.name?.endsWith(".pick") && field.value) added(event, field);
  });
}

// A page's part that shows a state is put anew when that is another one: then the page is called
// otherwise, and that is said. All else may change silently, and keeps where the keyboard is.
const heading = document.querySelector("h1");
const renew = (old, part) => {
  const held = old.contains(document.activeElement);
  old.replaceWith(part);
  part.dispatchEvent(new Event("renewed", { bubbles: true }));
  const { title } = part.dataset;
  if (title) {
    document.title = document.title.replace(heading.textContent.trim(), title);
    heading.textContent = title;
    document.getElementById("said").textContent = title;
  }
  if (!held) return;
  heading.tabIndex = -1;
  (part.querySelector("button") ?? heading).focus();
};

for (const place of document.querySelectorAll("[data-again]")) {
  const shown = {};
  const timer = setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.again).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const told = (await answer.text()).trim();
    const made = document.createElement("template");
    made.innerHTML = told;
    const parts = made.content.querySelectorAll("[data-part]");
    for (const part of parts) {
      const { part: name, state = part.outerHTML } = part.dataset;
      const old = place.querySelector(`[data-part="${name}"]`);
      if (state !== (old.dataset.state ?? shown[name])) renew(old, part);
      shown[name] = state;
    }
    if (made.content.querySelector("[data-over]")) clearInterval(timer);
    if (!parts.length && told !== place.innerHTML.trim()) place.innerHTML = told;
  }, place.dataset.seconds * 1000 || AGAIN_MS);
}

// Where the last button led, or what was refused. The browser's own autofocus comes before the
// console is dressed.
addEventListener("load", () => {
  const [led, refused] = ["[data-focus]", "[aria-invalid='true']"];
  const place = document.querySelector(".mapping");
  (place?.querySelector(led) ?? place?.querySelector(refused))?.focus();
});
