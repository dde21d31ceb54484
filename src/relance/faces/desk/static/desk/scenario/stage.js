// The form of the chosen stage: its fields, whom it is for, and its actions with a form for each kind.

import { bind } from "./fields.js";
import { kindOf, read, say, words, write } from "./model.js";

const clone = (id) => document.getElementById(id)?.content.firstElementChild.cloneNode(true);

export class StageForm {
  constructor(root, draft, { texts }) {
    Object.assign(this, { root, draft, texts });
  }

  show(index) {
    const stage = this.draft.stages[index];
    this.root.replaceChildren();
    if (!stage) return;
    const prefix = `stages[${index + 1}].`;
    const form = clone("stage-form");
    form.dataset.place = prefix.slice(0, -1);
    bind(form, stage, prefix, this.draft);
    const only = form.querySelector("details.only");
    if (only && stage.when && Object.keys(stage.when).length) only.open = true;
    const list = form.querySelector("[data-actions]");
    list.dataset.place = `${prefix}actions`;
    const actions = Array.isArray(stage.actions) ? stage.actions : [];
    actions.forEach((action, place) => list.append(this.action(stage, action, place, `${prefix}actions[${place + 1}]`)));
    form.querySelector("[data-add-action]").addEventListener("change", (event) => this.add(stage, event.target.value));
    this.root.append(form);
    this.showText(stage);
  }

  add(stage, kind) {
    if (!kind) return;
    const begin = words.beginnings?.[kind] || {};
    this.draft.change(() => { stage.actions = [...(Array.isArray(stage.actions) ? stage.actions : []), { [kind]: structuredClone(begin) }]; });
    const cards = this.root.querySelectorAll(".action-card");
    cards[cards.length - 1]?.querySelector("input, select, button")?.focus();
  }

  action(stage, action, place, where) {
    const kind = kindOf(action);
    const card = clone("action-card");
    card.dataset.place = where;
    card.querySelector("[data-kind]").textContent = words.actions?.[kind] || kind;
    const body = card.querySelector("[data-body]");
    const form = clone(`action-${kind}`) || clone("action-other");
    body.append(form);
    if (action[kind] === null || typeof action[kind] !== "object") action[kind] = {};
    const params = action[kind];
    bind(form, params, `${where}.${kind}.`, this.draft, (field) => { if (field.dataset.at === "template") this.showText(stage); });
    const channels = form.querySelector("[data-channels]");
    if (channels) this.channels(channels, params, `${where}.${kind}.channel`);
    const recipient = form.querySelector("[data-recipient]");
    if (recipient) this.recipient(recipient, params, `${where}.${kind}.to`);
    const chosen = form.querySelector("[data-show-text]");
    if (chosen) chosen.addEventListener("click", () => this.showText(stage, params.template));
    card.querySelectorAll("[data-move]").forEach((button) => {
      const to = place + Number(button.dataset.move);
      button.disabled = to < 0 || to >= stage.actions.length;
      button.addEventListener("click", () => {
        this.draft.change(() => stage.actions.splice(to, 0, ...stage.actions.splice(place, 1)));
        this.root.querySelectorAll(".action-card")[to]?.querySelector(`[data-move="${button.dataset.move}"]`)?.focus();
      });
    });
    card.querySelector("[data-remove]").addEventListener("click", () => {
      this.draft.change(() => stage.actions.splice(place, 1));
      this.root.querySelector("[data-add-action]")?.focus();
    });
    return card;
  }

  // Channels in order of preference: the first that reaches the customer is used.
  channels(root, params, where) {
    root.dataset.place = where;
    const chosen = () => (Array.isArray(params.channel) ? params.channel : params.channel ? [params.channel] : []);
    const set = (list) => {
      this.draft.change(() => write(params, "channel", list.length > 1 ? list : list[0] ?? []), { structural: false });
      draw();
    };
    const shelf = root.querySelector("select");
    const draw = () => {
      const list = chosen();
      const items = list.map((code, place) => {
        const item = clone("channel-item");
        item.querySelector("b").textContent = words.channels?.[code] || code;
        item.querySelector("[data-earlier]").disabled = place === 0;
        item.querySelector("[data-earlier]").addEventListener("click", () => {
          set([...list.slice(0, place - 1), code, list[place - 1], ...list.slice(place + 1)]);
          root.querySelectorAll("[data-drop-channel]")[place - 1]?.focus();
        });
        item.querySelector("[data-drop-channel]").addEventListener("click", () => set(list.filter((_one, other) => other !== place)));
        if (words.missing_channels?.includes(code)) item.classList.add("missing");
        return item;
      });
      root.querySelector("ol").replaceChildren(...items);
      [...shelf.options].forEach((option) => { option.hidden = option.disabled = list.includes(option.value); });
      shelf.hidden = [...shelf.options].every((option) => !option.value || option.disabled);
      shelf.value = "";
    };
    shelf.addEventListener("change", () => { if (shelf.value) set([...chosen(), shelf.value]); });
    draw();
  }

  // A known recipient or an address of one's own.
  recipient(root, params, where) {
    root.dataset.place = where;
    const [select, address] = [root.querySelector("select"), root.querySelector("input")];
    const known = [...select.options].map((option) => option.value);
    const current = params.to || "";
    const own = current !== "" && !known.includes(current);
    select.value = own ? "@" : current;
    address.value = own ? current : "";
    const show = () => { address.hidden = select.value !== "@"; };
    const take = () => {
      show();
      const value = select.value === "@" ? address.value.trim() : select.value;
      this.draft.change(() => write(params, "to", value || undefined), { key: where, structural: false });
    };
    select.addEventListener("change", take);
    address.addEventListener("input", take);
    show();
  }

  /** The words of the message beside the form: of this template, or of the stage's first message. */
  showText(stage, template = "") {
    const sends = (Array.isArray(stage.actions) ? stage.actions : []).map((action) => read(action, "send.template")).filter(Boolean);
    this.texts(template || sends[0] || "", sends.length);
  }
}

export const stageTitle = (code) => words.stages?.[code] || (code ? code.replace(/[_-]+/g, " ").replace(/^./, (letter) => letter.toUpperCase()) : say("unnamed"));
