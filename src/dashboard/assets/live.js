// News for an open page: its parts arrive as HTML from our own server, and each replaces the element with its id.
"use strict";
(() => {
  const main = document.querySelector("main[data-live]");
  if (!main || !self.EventSource) return;
  const root = document.documentElement;
  const policy = self.trustedTypes
    ? trustedTypes.createPolicy("parts", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  const address = "/dashboard/live?of=" + encodeURIComponent(main.dataset.live);
  const pause = document.getElementById("pause");
  const spoken = document.getElementById("spoken");
  const icon = document.getElementById("icon");
  const unknown = icon.dataset.unknown;
  // After this time without news the page is old, as the style sheet says, too.
  const OLD = 30000;
  const HIDDEN_EVERY = 60000;
  const waiting = new Map();
  let source = null;
  let last = Date.now();
  let paused = false;
  let asking = 0;

  const element = (html) => {
    const template = document.createElement("template");
    template.innerHTML = policy.createHTML(html);
    return template.content.firstElementChild;
  };

  // A person reads in it: something is unfolded, or text is selected.
  const isRead = (old) => {
    if (old.querySelector("details[open]")) return true;
    const selection = document.getSelection();
    return !!selection && !selection.isCollapsed && selection.rangeCount > 0 && selection.getRangeAt(0).intersectsNode(old);
  };

  const replace = (old, fresh) => {
    const focused = document.activeElement;
    const id = focused && old.contains(focused) ? focused.id : "";
    old.replaceWith(fresh);
    if (id) {
      const again = document.getElementById(id) || main;
      again.focus({ preventScroll: true });
    }
  };

  const show = (tabIcon, title) => {
    if (icon.getAttribute("href") !== tabIcon) icon.href = tabIcon;
    document.title = title + " \u00b7 zoom2drive";
  };

  const put = (fresh) => {
    const old = document.getElementById(fresh.id);
    if (!old) return;
    if (isRead(old)) {
      waiting.set(fresh.id, fresh);
      // What says how old the part is begins anew all the same.
      for (const name of [".asof", ".word", ".lost", ".headline"]) {
        const [before, after] = [old.querySelector(name), fresh.querySelector(name)];
        if (before && after) before.replaceWith(after.cloneNode(true));
      }
      return;
    }
    waiting.delete(fresh.id);
    replace(old, fresh);
    if (fresh.dataset.title) {
      show(fresh.dataset.icon, fresh.dataset.title);
      const words = fresh.querySelector(".word").textContent.trim();
      if (spoken.dataset.words !== words) {
        if (spoken.dataset.words) spoken.textContent = words;
        spoken.dataset.words = words;
      }
    }
  };

  const news = (event) => {
    last = Date.now();
    root.classList.add("live");
    root.classList.remove("gone");
    const fresh = element(event.data);
    if (fresh && fresh.id) put(fresh);
    for (const late of [...waiting.values()]) if (!fresh || late.id !== fresh.id) put(late);
  };

  const close = () => {
    if (source) source.close();
    source = null;
  };

  const open = () => {
    if (source || paused || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("part", news);
    // The session has ended: the login page says so.
    source.addEventListener("over", () => location.reload());
    source.onerror = () => {
      // Refused for good (no session, no room): a browser does not come back by itself.
      if (source && source.readyState === 2) {
        close();
        setTimeout(open, 10000 + Math.random() * 5000);
      }
    };
  };

  // A hidden tab has no stream: browsers allow six connections to a server. It asks for its icon.
  const ask = () => {
    fetch("/dashboard/state", { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject()))
      .then((tab) => document.hidden && main.dataset.live === "overview" && show(tab.icon, tab.title))
      .catch(() => document.hidden && show(unknown, "? Not known"));
  };

  const look = () => {
    clearInterval(asking);
    if (document.hidden) {
      close();
      if (!paused) asking = setInterval(ask, HIDDEN_EVERY);
    } else {
      // After sleep the page is old until news arrive.
      if (Date.now() - last > OLD) root.classList.add("gone");
      close();
      open();
    }
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    if (paused) close();
    else open();
  });
  document.addEventListener("visibilitychange", look);
  addEventListener("pageshow", look);
  addEventListener("pagehide", close);
  open();
})();
