// Keeps the draft: saves by itself, one request at a time, and stops when somebody else changed it.

import { say } from "./model.js";

const PAUSE_MS = 600;
const RETRY_MS = 5000;

export class Keeper {
  constructor(draft, { address, token, revision, heard, said, clash }) {
    Object.assign(this, { draft, address, token, revision, heard, said, clash });
    this.timer = 0;
    this.running = null;
    this.dirty = false;
    this.stopped = false;
    draft.addEventListener("change", () => this.later());
    addEventListener("beforeunload", (event) => { if (this.dirty) event.preventDefault(); });
  }

  later() {
    this.dirty = true;
    this.said("unsaved");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  /** Save what is not saved yet, and wait for it; false when it could not be saved. */
  async save() {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (!this.dirty) return true;
    if (this.stopped) return false;
    this.running = this.send().finally(() => { this.running = null; });
    return this.running;
  }

  async send() {
    this.dirty = false;
    this.said("saving");
    let answer;
    try {
      answer = await this.post(this.address, { content: this.draft.content, revision: this.revision });
    } catch {
      this.dirty = true;
      this.said("offline");
      this.timer = setTimeout(() => this.save(), RETRY_MS);
      return false;
    }
    const told = await answer.json().catch(() => ({}));
    if (answer.ok && Number.isInteger(told.revision)) {
      this.revision = told.revision;
      this.said(this.dirty ? "unsaved" : "saved", told.saved);
      this.heard(told);
      return true;
    }
    this.dirty = true;
    if (answer.status === 409) {
      this.stopped = true;
      this.said("clash");
      this.clash(told);
    } else if (answer.redirected) {
      // The session ended: what is typed stays in this page until somebody signs in again beside it.
      this.said("refused", say("signed_out"));
      this.timer = setTimeout(() => this.save(), RETRY_MS);
    } else {
      this.said("refused", told.message || say("refused"));
      this.heard(told);
    }
    return false;
  }

  /** Go on with what is in this page, over what somebody else wrote. */
  async insist(revision) {
    this.revision = revision;
    this.stopped = false;
    this.dirty = true;
    return this.save();
  }

  post(address, body) {
    return fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify(body),
    });
  }
}
