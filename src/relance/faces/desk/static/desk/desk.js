// Keyboard and small comforts of the desk; every page also works without it.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const places = { h: "home", a: "accounts", m: "messages", w: "work", c: "cycles", s: "scenarios", p: "approvals", d: "deposits", j: "journal" };
  let waitingForPlace = 0;

  const isTyping = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);

  function moveInList(step) {
    const all = rows();
    if (!all.length) return;
    const here = all.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
    all[next].focus();
    all[next].closest("tr, li, div")?.scrollIntoView({ block: "nearest" });
  }

  function goTo(key) {
    document.querySelector(`[data-place="${places[key] || ""}"]`)?.click();
  }

  function focusSearch() {
    const field = document.querySelector("[data-search-here]") || document.querySelector("[data-search]");
    if (field && field.offsetParent === null) byId("side")?.showPopover?.();
    field?.focus();
    field?.select();
  }

  // A menu of actions opens beside its button, and its entries are walked with the arrows.
  const openMenu = () => document.querySelector(".menu:popover-open");
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof Element) || !menu.matches(".menu") || event.newState !== "open") return;
    if (!menu.contains(document.activeElement)) menu.querySelector("a")?.focus();
    if (matchMedia("(max-width: 860px)").matches) return;
    const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
    menu.classList.add("placed");
    const below = button.bottom + 4 + menu.offsetHeight <= innerHeight;
    menu.style.top = `${Math.max(8, below ? button.bottom + 4 : button.top - 4 - menu.offsetHeight)}px`;
    menu.style.left = `${Math.max(8, button.right - menu.offsetWidth)}px`;
  }, true);
  addEventListener("scroll", () => openMenu()?.hidePopover(), { passive: true });

  function moveInMenu(menu, step) {
    const entries = [...menu.querySelectorAll("a")];
    const here = entries.indexOf(document.activeElement);
    entries[(here + step + entries.length) % entries.length]?.focus();
  }

  document.addEventListener("keydown", (event) => {
    const menu = openMenu();
    if (menu) {
      if (event.key === "Escape") return;
      if (event.key === "ArrowDown" || event.key === "j") moveInMenu(menu, 1);
      else if (event.key === "ArrowUp" || event.key === "k") moveInMenu(menu, -1);
      else return;
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      const field = isTyping(event.target);
      // Leaving a search keeps its results, for j and k to move in; browsers would clear it.
      if (field) { event.preventDefault(); field.blur(); }
      else document.querySelector("[data-escape]")?.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const afterG = Date.now() - waitingForPlace < 1500;
    waitingForPlace = 0;
    if (afterG && places[event.key]) goTo(event.key);
    else if (event.key === "g") { waitingForPlace = Date.now(); return; }
    else if (event.key === "/") focusSearch();
    else if (event.key === "j") moveInList(1);
    else if (event.key === "k") moveInList(-1);
    else if (event.key === "?") byId("help")?.showModal();
    else return;
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    if (target.closest("[data-help]")) byId("help")?.showModal();
    if (target.closest("[data-close]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement) target.close();
    if (target.closest("[data-print]")) window.print();
    const toast = target.closest("[data-dismiss]");
    if (toast) toast.closest(".toast")?.remove();
  });

  // A filter that is set looks set.
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(".filters select")) event.target.classList.toggle("active", event.target.value !== "");
  });

  // Success notices leave by themselves; trouble stays until it is dismissed.
  const fadeToasts = () => document.querySelectorAll(".toast.success, .toast.info").forEach((toast) => {
    if (!toast.dataset.leaving) {
      toast.dataset.leaving = "yes";
      setTimeout(() => toast.remove(), 7000);
    }
  });
  fadeToasts();

  document.addEventListener("htmx:afterSwap", (event) => {
    fadeToasts();
    event.detail.target.querySelector("[autofocus]")?.focus();
  });

  function trouble(name) {
    const sample = byId("trouble");
    const toast = sample?.content.firstElementChild.cloneNode(true);
    if (!toast) return;
    toast.querySelectorAll("[data-when]").forEach((text) => { text.hidden = text.dataset.when !== name; });
    byId("toasts").replaceChildren(toast);
  }
  document.addEventListener("htmx:sendError", () => trouble("offline"));
  document.addEventListener("htmx:timeout", () => trouble("offline"));
  document.addEventListener("htmx:responseError", () => trouble("refused"));
})();
