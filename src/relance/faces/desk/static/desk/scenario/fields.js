// Binds the fields of a form to places of the content: `data-at` is the path, `data-as` how to read it.

import { read, write } from "./model.js";

const shown = {
  text: (value) => (value === undefined || value === null ? "" : String(value)),
  list: (value) => (Array.isArray(value) ? value.join(", ") : value || ""),
  tristate: (value) => (value === undefined || value === null ? "" : String(value)),
};

const typed = {
  text: (text) => text.trim() || undefined,
  int: (text) => (/^-?\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : text.trim() || undefined),
  amount: (text) => text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".") || undefined,
  list: (text) => {
    const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
    return parts.length ? parts : undefined;
  },
  tristate: (text) => (text === "" ? undefined : text === "true"),
};

function fill(field, holder) {
  const { at, as = "text" } = field.dataset;
  const value = read(holder, at);
  if (as === "set") {
    const chosen = Array.isArray(value) ? value : value ? [value] : [];
    field.querySelectorAll("input").forEach((box) => { box.checked = chosen.includes(box.value); });
  } else if (as === "bool") field.checked = value === true;
  else {
    const text = (shown[as] || shown.text)(value);
    field.value = text === "" && field.dataset.absent ? field.dataset.absent : text;
    // A code that is not on offer stays visible rather than silently becoming another.
    if (field instanceof HTMLSelectElement && text && field.value !== text) {
      field.add(new Option(text, text));
      field.value = text;
    }
  }
}

function valueOf(field) {
  const { as = "text" } = field.dataset;
  if (as === "set") {
    const chosen = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    return chosen.length ? chosen : undefined;
  }
  if (as === "bool") return field.checked || undefined;
  return (typed[as] || typed.text)(field.value);
}

let serial = 0;

/** Give every field of a cloned form a name of its own, so that its label and its error belong to it. */
function label(root) {
  root.querySelectorAll(".field").forEach((wrapper) => {
    const field = wrapper.querySelector("input, select, textarea");
    const caption = wrapper.querySelector("label:not(.tick)");
    if (!field || !caption || caption.contains(field)) return;
    serial += 1;
    field.id = `f${serial}`;
    caption.htmlFor = field.id;
  });
}

/** Fill the fields of `root` from `holder` and write changes back. `prefix` is the place of `holder` in the file. */
export function bind(root, holder, prefix, draft, after = () => {}) {
  label(root);
  root.querySelectorAll("[data-at]").forEach((field) => {
    const { at } = field.dataset;
    field.dataset.place = prefix + at;
    fill(field, holder);
    const take = () => {
      draft.change(() => write(holder, at, valueOf(field)), { key: prefix + at, structural: false });
      after(field);
    };
    field.addEventListener(field.matches("select, [type=checkbox], [data-as=set]") ? "change" : "input", take);
  });
}

/** Show each problem at the field it is about, or at the nearest place around it; returns those that found no place. */
export function showProblems(root, problems) {
  root.querySelectorAll("[data-problem]").forEach((line) => line.remove());
  root.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
  const places = [...root.querySelectorAll("[data-place]")];
  return problems.filter((problem) => {
    const around = places
      .filter(({ dataset: { place } }) => problem.place === place || /^[.[]/.test(problem.place.slice(place.length)) && problem.place.startsWith(place))
      .sort((one, other) => other.dataset.place.length - one.dataset.place.length)[0];
    if (!around) return true;
    const line = document.createElement("span");
    serial += 1;
    line.id = `p${serial}`;
    line.className = "error";
    line.dataset.problem = problem.place;
    line.textContent = problem.message;
    const wrapper = (around.matches("input, select, textarea, [data-at]") && around.closest(".field")) || around;
    wrapper.append(line);
    if (around.matches("input, select, textarea")) {
      around.setAttribute("aria-invalid", "true");
      around.setAttribute("aria-describedby", line.id);
    }
    return false;
  });
}
