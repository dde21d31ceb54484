// The editor of message texts: shows the text as it is typed, and puts fields in where the cursor stands.
(() => {
  const form = document.querySelector("[data-text-form]");
  const button = document.querySelector("[data-preview-button]");
  if (!form || !button) return;

  // A new frame each time, so that looking at previews leaves no steps in the browser's history.
  function refresh() {
    const old = document.querySelector(".text-frame");
    const frame = old.cloneNode(false);
    old.replaceWith(frame);
    form.requestSubmit(button);
  }

  let waiting;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 500);
  }
  form.addEventListener("input", (event) => { if (event.target.matches("textarea")) soon(); });
  document.querySelectorAll("[data-preview-now]").forEach((field) => field.addEventListener("change", refresh));

  let last = form.querySelector("textarea");
  form.addEventListener("focusin", (event) => { if (event.target.matches("textarea")) last = event.target; });
  form.addEventListener("click", (event) => {
    const words = event.target.closest("[data-insert]")?.dataset.insert;
    if (!words || !last) return;
    last.setRangeText(words, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
  refresh();
})();
