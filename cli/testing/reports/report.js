"use strict";
for (const card of document.querySelectorAll(".card")) {
  const audio = card.querySelector("audio");
  const svg = card.querySelector(".timeline");
  if (!audio || !svg) continue;
  const head = svg.querySelector(".playhead");
  const scale = Number(svg.dataset.scale), left = Number(svg.dataset.left);
  card.addEventListener("click", (event) => {
    const target = event.target.closest("[data-ms]");
    if (!target) return;
    const seconds = Number(target.dataset.ms) / 1000;
    const start = () => { audio.currentTime = seconds; audio.play(); };
    if (audio.readyState > 0) start();
    else { audio.addEventListener("loadedmetadata", start, { once: true }); audio.load(); }
  });
  audio.addEventListener("timeupdate", () => {
    const x = left + audio.currentTime * 1000 * scale;
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
    card.classList.add("playing");
  });
}
const filter = document.getElementById("filter"), failed = document.getElementById("failed");
const show = () => {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const card of document.querySelectorAll(".card")) {
    const text = card.querySelector("summary").textContent.toLowerCase();
    const hidden = (failed.checked && card.classList.contains("passed")) || !words.every((word) => text.includes(word));
    card.classList.toggle("hidden", hidden);
  }
};
if (filter) { filter.addEventListener("input", show); failed.addEventListener("change", show); }
