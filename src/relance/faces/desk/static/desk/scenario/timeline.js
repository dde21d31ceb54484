// The time line: stages as handles on an axis of days past due, moved with mouse, finger or arrow keys.

import { ageOf, moveStage, say } from "./model.js";

const LANE_HEIGHT = 46;
const NICE_ENDS = [14, 21, 30, 45, 60, 90, 120, 150, 180, 240, 300, 365, 540, 730, 1095, 1460, 1825, 2555, 3650];
const NICE_STEPS = [1, 2, 5, 7, 10, 15, 30, 60, 90, 180, 365];

export class TimeLine {
  constructor(root, draft, { select, name, troubles, remove }) {
    Object.assign(this, { root, draft, select, name, troubles, remove });
    this.track = root.querySelector("[data-track]");
    this.ticks = root.querySelector("[data-ticks]");
    this.handles = root.querySelector("[data-handles]");
    this.end = 30;
    new ResizeObserver(() => this.lay()).observe(this.track);
  }

  get width() { return this.track.clientWidth || 1; }
  at(day) { return (day / this.end) * this.width; }
  dayAt(clientX) { return Math.round(((clientX - this.track.getBoundingClientRect().left) / this.width) * this.end); }

  show(chosen, { rescale = true } = {}) {
    const { stages } = this.draft;
    if (rescale) {
      const last = Math.max(1, ...stages.map(ageOf));
      this.end = NICE_ENDS.find((end) => end >= last * 1.15) || 3650;
    }
    while (this.handles.children.length > stages.length) this.handles.lastElementChild.remove();
    while (this.handles.children.length < stages.length) this.handles.append(this.handle());
    stages.forEach((stage, index) => {
      const handle = this.handles.children[index];
      const troubled = this.troubles(index);
      const title = this.name(stage.code);
      const age = ageOf(stage);
      handle.dataset.index = index;
      handle.querySelector("b").textContent = title;
      handle.querySelector("span").textContent = say("day", { day: age });
      handle.classList.toggle("chosen", index === chosen);
      handle.classList.toggle("mandatory", stage.mandatory === true);
      handle.classList.toggle("troubled", troubled > 0);
      handle.tabIndex = index === chosen ? 0 : -1;
      handle.setAttribute("aria-valuenow", age);
      handle.setAttribute("aria-valuetext", say("handle", { stage: title, day: age }) + (troubled ? ` ${say("problems", { count: troubled })}` : ""));
      handle.setAttribute("aria-label", title);
    });
    this.lay();
  }

  handle() {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = "stop";
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-orientation", "horizontal");
    handle.setAttribute("aria-valuemin", "1");
    handle.setAttribute("aria-valuemax", "3650");
    handle.append(document.createElement("i"), document.createElement("b"), document.createElement("span"));
    handle.addEventListener("keydown", (event) => this.keys(event, Number(handle.dataset.index)));
    handle.addEventListener("pointerdown", (event) => this.grab(event, handle));
    handle.addEventListener("focus", () => { if (!handle.classList.contains("chosen")) this.select(Number(handle.dataset.index)); });
    return handle;
  }

  // Labels that would touch take the next lane below; the lane heights are the only geometry beside the axis itself.
  lay() {
    const step = NICE_STEPS.find((days) => this.at(days) >= 44) || 365;
    this.ticks.replaceChildren();
    for (let day = 0; day <= this.end; day += step) {
      const tick = document.createElement("span");
      tick.style.left = `${this.at(day)}px`;
      tick.textContent = day;
      this.ticks.append(tick);
    }
    const lanes = [];
    [...this.handles.children].forEach((handle, index) => {
      const age = ageOf(this.draft.stages[index] || {});
      const half = (handle.offsetWidth || 90) / 2;
      const middle = this.at(Math.min(age, this.end));
      const left = Math.min(Math.max(middle - half, 0), this.width - 2 * half);
      let lane = lanes.findIndex((taken) => taken <= left);
      if (lane < 0) lane = lanes.length;
      lanes[lane] = left + 2 * half + 6;
      handle.style.left = `${left}px`;
      handle.style.setProperty("--point", `${middle - left}px`);
      handle.style.setProperty("--drop", `${lane * LANE_HEIGHT}px`);
    });
    this.root.style.setProperty("--lanes", `${Math.max(1, lanes.length) * LANE_HEIGHT}px`);
  }

  move(index, day, key) {
    const stage = this.draft.stages[index];
    const moved = this.draft.change(() => moveStage(this.draft.stages, stage, day), { key, structural: false });
    this.select(moved ?? index, { keepScale: key.startsWith("drag") });
    return moved ?? index;
  }

  keys(event, index) {
    const days = event.shiftKey ? 7 : 1;
    const age = ageOf(this.draft.stages[index]);
    const last = this.draft.stages.length - 1;
    const to = { ArrowLeft: age - days, ArrowDown: age - days, ArrowRight: age + days, ArrowUp: age + days }[event.key];
    const other = { Home: 0, End: last, PageUp: Math.max(0, index - 1), PageDown: Math.min(last, index + 1) }[event.key];
    if (to !== undefined) this.focus(this.move(index, to, `key:${this.draft.stages[index].code}`));
    else if (other !== undefined) { this.select(other); this.focus(other); }
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focus(index) { this.handles.children[index]?.focus({ preventScroll: true }); }

  grab(event, handle) {
    if (event.button) return;
    let index = Number(handle.dataset.index);
    const from = event.clientX;
    const offset = this.dayAt(from) - ageOf(this.draft.stages[index]);
    const key = `drag:${Date.now()}`;
    let moving = false;
    this.select(index);
    // The pointer stays with the axis: handles change places while a stage is carried past another.
    this.track.setPointerCapture(event.pointerId);
    const follow = (moved) => {
      if (!moving && Math.abs(moved.clientX - from) < 4) return;
      moving = true;
      this.root.classList.add("dragging");
      const day = Math.min(this.end, Math.max(1, this.dayAt(moved.clientX) - offset));
      if (day !== ageOf(this.draft.stages[index])) index = this.move(index, day, key);
    };
    const drop = () => {
      this.track.removeEventListener("pointermove", follow);
      ["pointerup", "pointercancel"].forEach((name) => this.track.removeEventListener(name, drop));
      this.root.classList.remove("dragging");
      if (moving) this.select(index);
      this.focus(index);
    };
    this.track.addEventListener("pointermove", follow);
    ["pointerup", "pointercancel"].forEach((name) => this.track.addEventListener(name, drop));
  }
}
