// The scenario editor: puts the time line, the forms, the file and the keeping of the draft together.

import { bind, showProblems } from "./fields.js";
import { Keeper } from "./keeper.js";
import { Draft, ageOf, freeCode, say } from "./model.js";
import { StageForm, stageTitle } from "./stage.js";
import { TimeLine } from "./timeline.js";

const root = document.getElementById("scenario-editor");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const start = JSON.parse(document.getElementById("scenario-draft").textContent);
const draft = new Draft(start.content);
const addresses = root.dataset;
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
let chosen = 0;
let problems = start.problems;
let yaml = start.yaml;

const stageOf = (problem) => Number(/^stages\[(\d+)\]/.exec(problem.place)?.[1] || 0) - 1;
const tabOf = (problem) => (/^stages(\[|$)/.test(problem.place) ? "stages" : "settings");

// ---- Stages
const textFrame = part("text");
const stageForm = new StageForm(part("stage"), draft, {
  texts: (template) => {
    textFrame.hidden = !template;
    part("no-text").hidden = Boolean(template);
    if (!template) return;
    const address = addresses.text.replace("TEMPLATE", encodeURIComponent(template));
    textFrame.querySelector("[data-name]").textContent = say(`text_${template}`) === `text_${template}` ? template : say(`text_${template}`);
    const frame = textFrame.querySelector("iframe");
    if (frame.getAttribute("src") !== `${address}?language=${frame.dataset.language}`) frame.src = `${address}?language=${frame.dataset.language}`;
    textFrame.querySelectorAll("[data-language-of-text]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.languageOfText === frame.dataset.language));
    });
  },
});
textFrame.addEventListener("click", (event) => {
  const language = event.target.closest("[data-language-of-text]")?.dataset.languageOfText;
  if (!language) return;
  textFrame.querySelector("iframe").dataset.language = language;
  stageForm.showText(draft.stages[chosen] || {});
});

const line = new TimeLine(part("line"), draft, {
  name: stageTitle,
  troubles: (index) => problems.filter((problem) => stageOf(problem) === index).length,
  select: (index, options) => select(index, options),
  remove: (index) => { select(index); acts.remove(); },
});

function select(index, options = {}) {
  const before = draft.stages[chosen];
  chosen = Math.max(0, Math.min(index, draft.stages.length - 1));
  line.show(chosen, { rescale: !options.keepScale });
  const moved = part("stage").querySelector('[data-at="age"]');
  if (before !== draft.stages[chosen] || !moved || shownStage !== draft.stages[chosen] || shownAt !== chosen) showStage();
  else moved.value = draft.stages[chosen].age ?? "";
}

let shownStage = null;
let shownAt = -1;
function showStage() {
  shownStage = draft.stages[chosen] || null;
  shownAt = chosen;
  part("empty").hidden = draft.stages.length > 0;
  stageForm.show(chosen);
  const first = part("stage").querySelector("[data-nth]");
  if (first) first.textContent = say("nth", { number: chosen + 1, count: draft.stages.length });
  mark();
}

const acts = {
  add() {
    const stages = draft.stages;
    const age = Math.min(3650, stages.length ? Math.max(...stages.map(ageOf)) + 7 : 1);
    draft.change(() => stages.push({ code: freeCode(stages, "stage"), age, actions: [{ send: { channel: "email", template: "reminder" } }] }));
    select(draft.stages.length - 1);
    part("stage").querySelector('[data-at="code"]')?.select();
  },
  duplicate() {
    const stages = draft.stages;
    const copy = structuredClone(stages[chosen]);
    copy.code = freeCode(stages, copy.code || "stage");
    const taken = new Set(stages.map(ageOf));
    copy.age = ageOf(copy) + 1;
    while (taken.has(copy.age)) copy.age += 1;
    draft.change(() => {
      stages.push(copy);
      stages.sort((one, other) => ageOf(one) - ageOf(other));
    });
    select(stages.indexOf(copy));
  },
  remove() {
    const dialog = document.getElementById("remove-stage");
    dialog.querySelector("[data-name]").textContent = stageTitle(draft.stages[chosen]?.code);
    dialog.returnValue = "";
    dialog.showModal();
  },
  undo: () => draft.undo(),
  redo: () => draft.redo(),
};
// Escape closes the question; it does not lead up the pages as elsewhere in the desk.
document.getElementById("remove-stage").addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.stopPropagation();
});
document.getElementById("remove-stage").addEventListener("close", (event) => {
  if (event.target.returnValue === "remove") {
    const at = chosen;
    draft.change((content) => content.stages.splice(at, 1));
    select(Math.max(0, at - 1));
  }
  line.focus(chosen);
});
root.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-do]")?.dataset.do;
  if (asked) acts[asked]?.();
});

// ---- Settings, bound anew whenever the content is another object
const settingsForm = document.getElementById("settings-form").content.firstElementChild;
function showSettings() {
  const form = settingsForm.cloneNode(true);
  bind(form, draft.content, "", draft, () => title());
  part("settings").replaceChildren(form);
}
function title() {
  const { name, code } = draft.content;
  const told = name && typeof name === "object" ? name[document.documentElement.lang] || name.fr || name.en : name;
  document.querySelector("[data-title]").textContent = told || code;
}

// ---- Problems: at their fields, on the time line, and counted
function mark() {
  const here = problems.filter((problem) => tabOf(problem) === "stages" && (stageOf(problem) === chosen || stageOf(problem) < 0));
  showProblems(part("stage"), here);
  showProblems(part("settings"), problems.filter((problem) => tabOf(problem) === "settings"));
  const count = part("problem-count");
  count.hidden = !problems.length;
  count.querySelector("span").textContent = say(problems.length === 1 ? "one_problem" : "many_problems", { count: problems.length });
  part("problem-list").replaceChildren(...problems.map((problem) => {
    const [item, link, place] = [document.createElement("li"), document.createElement("button"), document.createElement("span")];
    link.type = "button";
    place.textContent = where(problem);
    link.append(place, problem.message);
    link.addEventListener("click", () => goTo(problem));
    item.append(link);
    return item;
  }));
  const submit = document.querySelector("[data-submit]");
  if (submit) submit.disabled = problems.length > 0;
  root.querySelectorAll("[data-tab]").forEach((tab) => {
    tab.classList.toggle("troubled", problems.some((problem) => tabOf(problem) === tab.dataset.tab));
  });
}
const where = (problem) => {
  const index = stageOf(problem);
  const stage = draft.stages[index];
  return stage ? stageTitle(stage.code) : say("scenario");
};
function goTo(problem) {
  document.getElementById("problems").hidePopover?.();
  const tab = tabOf(problem);
  open(tab);
  if (tab === "stages" && stageOf(problem) >= 0) select(stageOf(problem));
  const line_ = [...root.querySelectorAll("[data-problem]")].find((told) => told.dataset.problem === problem.place);
  const field = line_?.closest(".field, [data-place]")?.querySelector("input, select, textarea, button");
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}

// ---- Keeping
const status = part("status");
const keeper = new Keeper(draft, {
  address: addresses.save,
  token,
  revision: start.revision,
  said: (state, told) => {
    status.dataset.state = state;
    status.querySelector("span").textContent = state === "saved" ? told || say("saved") : told || say(state);
  },
  heard: (told) => {
    if (told.problems) problems = told.problems;
    if (told.yaml !== undefined) yaml = told.yaml;
    line.show(chosen, { rescale: false });
    mark();
    if (current === "yaml" && document.activeElement !== part("yaml")) part("yaml").value = yaml;
  },
  clash: (told) => {
    const notice = part("clash");
    notice.hidden = false;
    notice.querySelector("[data-who]").textContent = told.message || "";
    notice.querySelector("[data-mine]").hidden = !told.revision;
    notice.querySelector("[data-mine]").onclick = async () => { notice.hidden = true; await keeper.insist(told.revision); };
    notice.scrollIntoView({ block: "nearest" });
  },
});
part("clash").querySelector("[data-theirs]").addEventListener("click", () => { keeper.dirty = false; location.reload(); });

draft.addEventListener("change", ({ detail }) => {
  part("undo").disabled = !draft.past.length;
  part("redo").disabled = !draft.future.length;
  chosen = Math.max(0, Math.min(chosen, draft.stages.length - 1));
  line.show(chosen, { rescale: detail.structural });
  if (detail.structural) { showStage(); showSettings(); mark(); title(); }
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.closest?.('[data-part="yaml"], dialog')) return;
  event.preventDefault();
  if (event.shiftKey) draft.redo(); else draft.undo();
});

// ---- The file: typed text is read by the server, and becomes the content once it can be read
let yamlTyped = 0;
part("yaml").addEventListener("input", () => {
  clearTimeout(yamlTyped);
  yamlTyped = setTimeout(readYaml, 500);
});
async function readYaml() {
  const text = part("yaml").value;
  const answer = await keeper.post(addresses.read, { yaml: text }).catch(() => null);
  const told = answer ? await answer.json().catch(() => ({})) : {};
  yamlTyped = 0;
  if (part("yaml").value !== text) return;
  const line_ = part("yaml-error");
  line_.hidden = !told.message;
  line_.querySelector("span").textContent = told.message || "";
  part("yaml").setAttribute("aria-invalid", String(Boolean(told.message)));
  if (told.content) {
    problems = told.problems;
    draft.replace(told.content);
  }
}

// ---- Tabs; preview and comparison come from the server, after what is typed is kept
let current = "stages";
async function open(name) {
  current = name;
  root.querySelectorAll("[data-tab]").forEach((tab) => {
    const here = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(here));
    tab.tabIndex = here ? 0 : -1;
  });
  root.querySelectorAll("[data-panel]").forEach((panel) => { panel.hidden = panel.dataset.panel !== name; });
  if (name === "stages") line.show(chosen);
  if (name === "yaml") {
    part("yaml").value = yaml;
    part("yaml-error").hidden = true;
    part("yaml").setAttribute("aria-invalid", "false");
  }
  if (name === "yaml" || name === "changes") await settle();
  if (name === "changes") load(part("changes"), addresses.changes);
}
/** Read what was typed last in the file, and keep everything; false when it could not be kept. */
async function settle() {
  if (yamlTyped && current !== "yaml") {
    clearTimeout(yamlTyped);
    await readYaml();
  }
  return keeper.save();
}
root.querySelector("[role=tablist]").addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) open(tab.dataset.tab);
});
root.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...root.querySelectorAll("[data-tab]")];
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  open(next.dataset.tab);
  next.focus();
});
async function load(panel, address, body) {
  panel.setAttribute("aria-busy", "true");
  try {
    const method = body ? "POST" : "GET";
    const answer = await fetch(address, { method, body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
    panel.innerHTML = answer.ok || answer.status === 422 ? await answer.text() : "";
    if (!panel.innerHTML) throw new Error(String(answer.status));
    window.htmx?.process(panel);
  } catch {
    panel.textContent = say("failed");
  }
  panel.removeAttribute("aria-busy");
}
part("preview-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = new URLSearchParams(new FormData(event.target));
  event.submitter?.setAttribute("disabled", "");
  part("preview-wait").hidden = false;
  if (await settle()) await load(part("preview"), addresses.preview, asked);
  part("preview-wait").hidden = true;
  event.submitter?.removeAttribute("disabled");
});
document.querySelectorAll("form[data-after-save]").forEach((form) => form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!(await settle())) return;
  form.querySelector("[name=revision]").value = keeper.revision;
  form.submit();
}));

document.getElementById("plain-editor")?.remove();
root.hidden = false;
showSettings();
showStage();
title();
open("stages");
