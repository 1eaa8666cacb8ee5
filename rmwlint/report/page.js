
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const theme = document.getElementById("theme");
  theme.addEventListener("change", () => {
    if (theme.value) root.dataset.theme = theme.value;
    else delete root.dataset.theme;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.check");
    const about = link && document.getElementById(link.hash.slice(1));
    if (about) about.open = true;
  });

  const form = document.getElementById("filters");
  if (!form) return;
  const search = document.getElementById("search");
  const groupBy = document.getElementById("group");
  const groups = document.getElementById("groups");
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const articles = Array.from(groups.querySelectorAll("article"));
  const texts = new Map();

  const textOf = (article) => {
    if (!texts.has(article)) texts.set(article, article.textContent.toLowerCase());
    return texts.get(article);
  };

  const titles = {
    file: (article) => article.dataset.file,
    check: (article) => `${article.dataset.check} ${article.dataset.name}`,
    confidence: (article) => `${article.dataset.confidence} confidence`,
  };

  const regroup = () => {
    const title = titles[groupBy.value];
    const made = new Map();
    for (const article of articles) {
      const name = title(article);
      if (!made.has(name)) made.set(name, []);
      made.get(name).push(article);
    }
    let names = Array.from(made.keys());
    if (groupBy.value === "check") names.sort();
    if (groupBy.value === "confidence") {
      names = ["high", "medium", "low"].map((word) => `${word} confidence`).filter((name) => made.has(name));
    }
    groups.replaceChildren(...names.map((name) => {
      const section = document.createElement("section");
      section.className = "group";
      const head = document.createElement("h2");
      const text = document.createElement("span");
      text.className = "title";
      text.textContent = name;
      const count = document.createElement("span");
      count.className = "count";
      head.append(text, count);
      section.append(head, ...made.get(name));
      return section;
    }));
    filter();
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = ["confidence", "check", "file"].map((name) => [
      name,
      new Set(Array.from(form.querySelectorAll(`input[name="${name}"]:checked`), (box) => box.value)),
    ]);
    let count = 0;
    for (const article of articles) {
      const fits = chosen.every(([name, values]) => !values.size || values.has(article.dataset[name]))
        && words.every((word) => textOf(article).includes(word));
      article.hidden = !fits;
      count += fits;
    }
    for (const section of groups.children) {
      const here = section.querySelectorAll("article:not([hidden])").length;
      section.hidden = !here;
      section.querySelector(".count").textContent = here;
    }
    shown.textContent = count === articles.length ? `All ${count} shown` : `${count} of ${articles.length} shown`;
    nothing.hidden = count > 0;
  };

  const move = (by) => {
    const open = Array.from(groups.querySelectorAll("article:not([hidden])"));
    const at = open.indexOf(document.activeElement.closest("article"));
    const next = open[at < 0 ? (by > 0 ? 0 : open.length - 1) : at + by];
    if (next) {
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "start" });
    }
  };

  const showTarget = () => {
    const target = location.hash.startsWith("#v-") && document.getElementById(location.hash.slice(1));
    if (target && target.hidden) form.reset();
    if (target) target.scrollIntoView();
  };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => (event.target === groupBy ? regroup() : filter()));
  form.addEventListener("reset", () => setTimeout(regroup));
  document.getElementById("again").addEventListener("click", () => form.reset());
  window.addEventListener("hashchange", showTarget);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input[type=search], select");
    if (event.key === "Escape" && event.target === search) {
      search.value = "";
      filter();
    } else if (!typing && event.key === "/") {
      event.preventDefault();
      search.focus();
    } else if (!typing && (event.key === "j" || event.key === "k")) {
      move(event.key === "j" ? 1 : -1);
    }
  });
  regroup();
  showTarget();
})();
