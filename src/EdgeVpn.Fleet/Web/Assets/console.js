"use strict";
// The console works without this file; it keeps pages fresh, remembers light or dark, and puts "/" into the search field.
(() => {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  const theme = () => { try { return themes.includes(localStorage.theme) ? localStorage.theme : "auto"; } catch { return "auto"; } };
  const paint = () => theme() === "auto" ? root.removeAttribute("data-theme") : root.setAttribute("data-theme", theme());
  paint(); // before anything is drawn

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (button) {
      const name = () => { button.textContent = `Theme: ${theme()}`; };
      button.hidden = false;
      name();
      button.addEventListener("click", () => { try { localStorage.theme = themes[(themes.indexOf(theme()) + 1) % 3]; } catch { /* not remembered, then */ } paint(); name(); });
    }

    tell(document);
    setInterval(() => tell(document), 15000);

    addEventListener("keydown", event => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
      const search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    });

    // An order takes as long as the box does: say so, and take it once.
    addEventListener("submit", event => {
      const button = event.submitter;
      if (event.target.method !== "post" || !button) return;
      setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); }, 0);
    });
    addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

    const listens = document.body.dataset.listens;
    if (listens) listen(listens.split(listens.includes("|") ? "|" : " "));
  });

  // Times as the reader's clock has them.
  function tell(within) {
    for (const time of within.querySelectorAll("time.ago")) {
      const seconds = Math.max(0, (Date.now() - Date.parse(time.dateTime)) / 1000);
      const span = seconds < 60 ? `${Math.floor(seconds)} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min` : seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
      set(time, `${span} ago`);
    }
    for (const time of within.querySelectorAll("time.at")) {
      const at = new Date(time.dateTime);
      set(time, at.toLocaleString(undefined, { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }));
      time.title = time.dateTime;
    }
  }

  function set(element, text) { if (element.textContent !== text) element.textContent = text; }

  function listen(words) {
    let due = 0, busy = false, again = false;
    const soon = () => { if (!due) due = setTimeout(() => { due = 0; refresh(); }, 600); };
    const source = new EventSource("/live");
    source.onmessage = event => { if (words.some(w => event.data === w || event.data.startsWith(w + " "))) soon(); };
    source.onopen = soon; // what happened while nobody listened
    // Not every second in a fleet of thousands: the next one waits until this one is drawn.
    async function refresh() {
      if (document.hidden) { addEventListener("visibilitychange", soon, { once: true }); return; }
      if (busy) { again = true; return; }
      busy = true;
      try {
        const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
        if (answer.status === 401 || answer.type === "opaqueredirect") { source.close(); location.reload(); return; }
        if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch { /* not reached: the stream's own retry comes back to it */ } finally { busy = false; }
      if (again) { again = false; setTimeout(soon, 1400); }
    }
  }

  // Only what changed, and never from under somebody's hands.
  function swap(fresh) {
    tell(fresh);
    for (const part of document.querySelectorAll("[data-live][id]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) continue;
      const held = document.activeElement;
      if (part.contains(held) && held.matches("input, select, textarea, summary")) continue;
      const back = part.contains(held) ? held.getAttribute("href") || held.id : null;
      part.replaceChildren(...next.childNodes);
      if (back) (part.querySelector(`[href="${CSS.escape(back)}"]`) || document.getElementById(back))?.focus({ preventScroll: true });
    }
  }
})();
