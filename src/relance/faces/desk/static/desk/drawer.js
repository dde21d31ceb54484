// The "Why?" drawer beside a page: opens with what htmx brought, closes with Esc and gives the focus back.
"use strict";

(() => {
  const drawer = document.getElementById("drawer");
  if (!drawer) return;
  let opener = null;

  const isOpen = () => drawer.matches(":popover-open");

  function close() {
    if (!isOpen()) return;
    drawer.hidePopover();
    drawer.replaceChildren();
    document.body.classList.remove("beside");
    opener?.focus();
    opener = null;
  }

  drawer.addEventListener("htmx:afterSwap", (event) => {
    if (event.target !== drawer) return;
    if (!isOpen()) {
      opener = document.activeElement;
      drawer.showPopover();
      document.body.classList.add("beside");
    }
    drawer.scrollTop = 0;
    document.getElementById("drawer-title")?.focus({ preventScroll: true });
  });

  drawer.addEventListener("click", (event) => {
    if (event.target.closest("[data-drawer-close]")) close();
  });

  // Before the page's own Esc, which would leave the page.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], .menu:popover-open")) return;
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "Escape" && isOpen() && (!typing || drawer.contains(event.target))) close();
    else if (event.key === "y" && !typing) isOpen() ? close() : document.querySelector("[data-why]")?.click();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
})();
