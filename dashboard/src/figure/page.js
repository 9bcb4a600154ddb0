"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.tHead.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!head) return;
    const column = head.cellIndex;
    const before = head.getAttribute("aria-sort");
    // names from A, numbers from the greatest
    const down = before ? before === "ascending" : !head.classList.contains("t");
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (cell) => {
      const text = cell.dataset.v ?? cell.textContent;
      const number = Number(text);
      return text !== "" && !Number.isNaN(number) ? number : text;
    };
    const order = ([x], [y]) => {
      if (x === "" || y === "") return (x === "") - (y === "");
      const less = typeof x === typeof y
        ? (typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y)
        : typeof x === "number" ? -1 : 1;
      return down ? -less : less;
    };
    const rows = [...body.rows].map((row) => [value(row.cells[column]), row]).sort(order);
    const sorted = document.createDocumentFragment();
    for (const [, row] of rows) sorted.append(row);
    body.append(sorted);
  });
}

const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
for (const svg of document.querySelectorAll("figure svg")) {
  const points = [...svg.querySelectorAll("circle.h,.p")];
  // the browser's own tips come late and one at a time
  const texts = points.map((point) => {
    const title = point.querySelector("title");
    if (title) title.remove();
    return title ? title.textContent : "";
  });
  let lit;
  const leave = () => {
    tip.hidden = true;
    if (lit) lit.classList.remove("on");
    lit = undefined;
  };
  svg.addEventListener("pointermove", (event) => {
    let [best, least] = [-1, 400];
    points.forEach((point, place) => {
      const box = point.getBoundingClientRect();
      const x = box.x + box.width / 2 - event.clientX;
      const y = box.y + box.height / 2 - event.clientY;
      if (texts[place] && x * x + y * y < least) [best, least] = [place, x * x + y * y];
    });
    leave();
    if (best < 0) return;
    lit = points[best];
    lit.classList.add("on");
    tip.textContent = texts[best];
    tip.hidden = false;
    const left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8);
    tip.style.transform = `translate(${Math.max(8, left)}px, ${event.clientY + 16}px)`;
  });
  svg.addEventListener("pointerleave", leave);
}

const tokens = new RegExp([
  /("""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/,
  /(#[^\n]*|(?<=^[ \t]*)\/\/[^\n]*)/,
  /\b(\d[\w.]*)/,
  /\b(and|as|assert|async|await|break|class|const|continue|def|del|elif|else|except|False|finally|fn|for|from|function|global|if|impl|import|in|is|lambda|let|match|mut|None|nonlocal|not|or|pass|pub|raise|return|struct|True|try|use|var|while|with|yield)\b/,
  /\b(\w+)(?=\()/,
].map((part) => part.source).join("|"), "gm");
/** Colours code: its text is only ever put back as text. */
const colour = (pre) => {
  const text = pre.textContent;
  const parts = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    parts.append(text.slice(end, match.index));
    const piece = document.createElement("i");
    piece.className = "scnkf"[match.slice(1).findIndex((group) => group !== undefined)];
    piece.textContent = match[0];
    parts.append(piece);
    end = match.index + match[0].length;
  }
  parts.append(text.slice(end));
  pre.replaceChildren(parts);
};
document.addEventListener("toggle", (event) => {
  if (!event.target.open || event.target.dataset.done) return;
  event.target.dataset.done = "yes";
  event.target.querySelectorAll(":scope > pre[tabindex]").forEach(colour);
}, true);

const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();
