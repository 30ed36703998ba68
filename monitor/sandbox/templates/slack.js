"use strict";
const list = document.getElementById("messages"), live = document.getElementById("live"), who = document.getElementById("who");
const composer = document.getElementById("composer"), onto = document.getElementById("onto"), notices = document.getElementById("notices");
const modal = document.getElementById("modal"), sure = document.getElementById("sure");
const path = location.pathname.replace(/\/$/, ""), channel = path.split("/").pop(), root = path.slice(0, path.lastIndexOf("/"));
const shown = new Map(), days = new Map();
let thread = null, viewVersion = null, timer = 0;

who.value = new URLSearchParams(location.search).get("as") || sessionStorage.getItem("as") || who.options[0].value;

// ── what is shown ──

function element(html) {
  const box = document.createElement("template");
  box.innerHTML = html;  // rendered and escaped by the server
  return box.content.querySelector("article");
}
function dayLine(day) {
  if (!days.has(day)) {
    const line = document.createElement("div");
    line.className = day ? "day" : "empty";
    line.textContent = day || "这里还很安静。Nothing here yet.";
    days.set(day, line);
  }
  return days.get(day);
}
function show(messages, first) {
  const follow = innerHeight + scrollY >= document.body.scrollHeight - 80;
  const pane = list.parentElement, followPane = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 80;
  let day = "", changed = false;
  const wanted = messages.length ? [] : [dayLine("")];
  for (const message of messages) {
    const before = shown.get(message.ts);
    if (!before || before.version !== message.version) {
      const fresh = element(message.html);
      if (!first) { fresh.classList.add("fresh"); changed = true; }
      shown.set(message.ts, {version: message.version, node: fresh});
    }
    if (message.day !== day) wanted.push(dayLine(day = message.day));
    wanted.push(shown.get(message.ts).node);
  }
  wanted.forEach((node, index) => { if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null); });
  while (list.children.length > wanted.length) list.lastChild.remove();
  if (changed && follow) scrollTo(0, document.body.scrollHeight);
  if (changed && followPane) pane.scrollTop = pane.scrollHeight;
  const count = document.querySelector("nav a[aria-current] .count");
  if (count) count.textContent = messages.length;
}
function showView(view) {
  const version = view ? view.version : null;
  if (version === viewVersion) return;
  const kept = view && viewVersion ? values() : {};
  viewVersion = version;
  if (!view) { modal.close(); modal.textContent = ""; return; }
  modal.innerHTML = view.html;  // rendered and escaped by the server
  for (const [block, actions] of Object.entries(kept)) {
    for (const [action, value] of Object.entries(actions)) {
      const field = [...modal.querySelectorAll("[data-input]")].find(one => one.dataset.block === block && one.dataset.action === action);
      if (field) enter(field, value);
    }
  }
  if (!modal.open) modal.showModal();
}
function showNotices(lines) {
  if ([...notices.children].map(line => line.textContent).join("\n") === lines.join("\n")) return;
  notices.replaceChildren(...lines.map(text => Object.assign(document.createElement("div"), {textContent: text})));
}
async function poll() {
  clearTimeout(timer);
  try {
    const answer = await fetch(`${path}/messages?as=${who.value}`, {cache: "no-store"});
    if (!answer.ok) throw new Error(answer.status);
    const now = await answer.json();
    show(now.messages, false); showView(now.view); showNotices(now.notices);
    live.className = ""; live.textContent = "实时 live";
  } catch {
    live.className = "lost"; live.textContent = "沙箱已停 stopped";
  }
  clearTimeout(timer);
  timer = setTimeout(poll, 1000);
}

// ── what is done ──

async function act(deed, what) {
  const body = JSON.stringify({user: who.value, channel, ...what});
  const answer = await fetch(`${root}/do/${deed}`, {method: "POST", headers: {"content-type": "application/json"}, body});
  const said = await answer.json();
  if (!said.ok) showNotices([said.error]);
  await poll();
  setTimeout(poll, 200);
  return said.ok;
}
function agreed(target) {
  if (!target.dataset.sure) return Promise.resolve(true);
  const [no, yes] = sure.querySelectorAll("button");
  sure.querySelector("h3").textContent = target.dataset.title;
  sure.querySelector("p").textContent = target.dataset.sure;
  no.textContent = target.dataset.no; yes.textContent = target.dataset.yes;
  sure.showModal();
  return new Promise(resolve => {
    no.onclick = () => { sure.close(); };
    yes.onclick = () => { sure.close("yes"); };
    sure.onclose = () => { resolve(sure.returnValue === "yes"); sure.returnValue = ""; };
  });
}
async function press(target, value) {
  if (!await agreed(target)) return;
  const what = {block_id: target.dataset.block, action_id: target.dataset.action, value};
  const menu = target.closest("details");
  if (menu) menu.open = false;
  target.classList.add("waiting");
  const article = target.closest("[data-ts]");
  if (modal.contains(target)) await act("press_in_view", what);
  else await act("press", {...what, ts: article.dataset.ts});
  target.classList.remove("waiting");
}
function read(field) {
  if (field.matches(".choices")) {
    const checked = [...field.querySelectorAll(":checked")].map(box => box.value);
    return field.querySelector("[type=radio]") ? checked[0] || null : checked;
  }
  return field.multiple ? [...field.selectedOptions].map(option => option.value) : field.value || null;
}
function enter(field, value) {
  const many = Array.isArray(value) ? value : [value];
  if (field.matches(".choices")) field.querySelectorAll("input").forEach(box => { box.checked = many.includes(box.value); });
  else if (field.multiple) [...field.options].forEach(option => { option.selected = many.includes(option.value); });
  else field.value = value ?? "";
}
function values() {
  const found = {};
  for (const field of modal.querySelectorAll("[data-input]")) {
    (found[field.dataset.block] ||= {})[field.dataset.action] = read(field);
  }
  return found;
}
document.addEventListener("click", event => {
  const target = event.target.closest("[data-press], [data-reply], [data-dismiss], [data-submit]");
  if (!target || target.matches("select, input, textarea, .choices")) return;
  if (target.matches("[data-press]")) press(target, target.dataset.value);
  else if (target.matches("[data-reply]")) answerTo(target.dataset.reply, target);
  else if (target.matches("[data-dismiss]")) act("dismiss", {});
  else act("submit", {values: values()});
});
document.addEventListener("change", event => {
  const field = event.target.closest("[data-press]");
  if (field && field.matches("select, input, .choices")) press(field, read(field));
});
modal.addEventListener("cancel", event => { event.preventDefault(); act("dismiss", {}); });
who.addEventListener("change", () => { sessionStorage.setItem("as", who.value); poll(); });

function answerTo(ts, link) {
  thread = ts;
  onto.hidden = !ts;
  const words = link && link.closest(".body").innerText.split("\n").find(line => line.length > 8);
  onto.querySelector("span").textContent = ts ? `回复 reply: ${(words || "").slice(0, 40)}…` : "";
  composer.elements.text.focus();
}
onto.querySelector("button").addEventListener("click", () => answerTo(null));
composer.addEventListener("submit", async event => {
  event.preventDefault();
  const field = composer.elements.text, text = field.value;
  if (text.trim() && await act("write", {text, thread})) { field.value = ""; if (thread) answerTo(null); }
});

show(JSON.parse(document.getElementById("first").textContent), true);
if (!location.hash) list.parentElement.scrollTop = list.parentElement.scrollHeight;
poll();
