// The draft in the page: its content, what was done to it, and how to step back. Knows nothing of the screen.

export const words = (() => {
  const source = document.getElementById("scenario-words");
  return source ? JSON.parse(source.textContent) : {};
})();

/** A sentence of the page's own language with its blanks filled in. */
export function say(name, values = {}) {
  return (words[name] || name).replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
}

const SAME_STROKE_MS = 1200;
const STEPS_KEPT = 200;

/** Content with its history. `change` events tell `structural`: whether forms must be built anew. */
export class Draft extends EventTarget {
  constructor(content) {
    super();
    this.content = content;
    this.past = [];
    this.future = [];
    this.stroke = { key: "", at: 0 };
  }

  get stages() {
    if (!Array.isArray(this.content.stages)) this.content.stages = [];
    return this.content.stages;
  }

  /** Do `act` to the content as one step; quick changes with the same key are one step. */
  change(act, { key = "", structural = true } = {}) {
    const before = JSON.stringify(this.content);
    const told = act(this.content);
    if (JSON.stringify(this.content) === before) return told;
    const now = Date.now();
    if (!key || key !== this.stroke.key || now - this.stroke.at > SAME_STROKE_MS) this.past.push(before);
    if (this.past.length > STEPS_KEPT) this.past.shift();
    this.stroke = { key, at: now };
    this.future = [];
    this.tell(structural);
    return told;
  }

  replace(content) {
    this.change((all) => {
      Object.keys(all).forEach((key) => delete all[key]);
      Object.assign(all, content);
    });
  }

  step(from, to) {
    if (!from.length) return false;
    to.push(JSON.stringify(this.content));
    this.content = JSON.parse(from.pop());
    this.stroke = { key: "", at: 0 };
    this.tell(true);
    return true;
  }

  undo() { return this.step(this.past, this.future); }
  redo() { return this.step(this.future, this.past); }
  tell(structural) { this.dispatchEvent(new CustomEvent("change", { detail: { structural } })); }
}

export const ageOf = (stage) => (Number.isInteger(stage.age) ? stage.age : Number.parseInt(stage.age, 10) || 0);

/** Move a stage to a day, past others too; a day that is taken is stepped over in the direction of the move. */
export function moveStage(stages, stage, day) {
  const step = day >= ageOf(stage) ? 1 : -1;
  const taken = new Set(stages.filter((other) => other !== stage).map(ageOf));
  let free = Math.min(3650, Math.max(1, day));
  while (taken.has(free)) free += step;
  if (free < 1) { free = 1; while (taken.has(free)) free += 1; }
  stage.age = free;
  stages.sort((one, other) => ageOf(one) - ageOf(other));
  return stages.indexOf(stage);
}

/** A code that no stage has: `stage`, or the given one with a number behind. */
export function freeCode(stages, wanted) {
  const taken = new Set(stages.map((stage) => stage.code));
  const stem = wanted.replace(/-\d+$/, "").slice(0, 36) || "stage";
  if (!taken.has(wanted) && wanted) return wanted;
  for (let number = 2; ; number += 1) if (!taken.has(`${stem}-${number}`)) return `${stem}-${number}`;
}

/** The value at `amount.min` within an object, or undefined. */
export const read = (holder, path) => path.split(".").reduce((value, key) => value?.[key], holder);

/** Put a value at a path; undefined takes it out, with the mappings that become empty. */
export function write(holder, path, value) {
  const keys = path.split(".");
  const last = keys.pop();
  const trail = [holder];
  for (const key of keys) {
    const here = trail.at(-1);
    if (here[key] === null || typeof here[key] !== "object") {
      if (value === undefined) return;
      here[key] = {};
    }
    trail.push(here[key]);
  }
  if (value !== undefined) { trail.at(-1)[last] = value; return; }
  delete trail.at(-1)[last];
  for (let depth = keys.length; depth > 0 && !Object.keys(trail[depth]).length; depth -= 1) delete trail[depth - 1][keys[depth - 1]];
}

/** The one kind of an action `{kind: {parameters}}`. */
export const kindOf = (action) => Object.keys(action || {})[0] || "";
