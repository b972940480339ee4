// The button of a form that answers by a passkey: what the browser says goes into the form's field
// `passkey`. `webauthn-json.js` turns the bytes of both sides into text.
(() => {
  const button = document.querySelector("[data-passkey]");
  if (!button || !window.PublicKeyCredential || !window.webauthnJSON) return;
  const fault = document.querySelector("[data-passkey-fault]");
  const asked = JSON.parse(button.dataset.options);
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!button.form.reportValidity()) return;
    fault.hidden = true;
    try {
      const ask = button.dataset.passkey === "create" ? webauthnJSON.create : webauthnJSON.get;
      button.form.elements.passkey.value = JSON.stringify(await ask(asked));
      button.form.submit();
    } catch {
      fault.hidden = false;
    }
  });
})();
