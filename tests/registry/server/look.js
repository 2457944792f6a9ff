// What is wrong with the page that the browser shows, as a list of sentences.
() => {
  const faults = [];
  const told = (what, element) => faults.push(`${what}: ${(element?.outerHTML ?? "").slice(0, 120)}`);

  // it fits
  const wide = document.documentElement.scrollWidth;
  if (wide > window.innerWidth) {
    const out = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".scroll"));
    told(`${wide} px wide`, out);
  }

  // its parts
  if (document.documentElement.lang !== "en") told("no language");
  if (!document.title.trim()) told("no title");
  for (const part of ["header", "main", "footer"]) {
    if (document.querySelectorAll(`body > ${part}`).length !== 1) told(`not one ${part}`);
  }
  if (document.querySelector("a")?.getAttribute("href") !== "#main") told("the first link skips nothing");
  const names = [...document.querySelectorAll("nav, aside, [role=region], [role=search] input")].filter((e) => !e.labels?.length && !e.getAttribute("aria-label") && !e.getAttribute("aria-labelledby"));
  for (const each of names) told("a landmark or a field without a name", each);

  // headings
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  if (headings.filter((e) => e.tagName === "H1").length !== 1) told("not one h1");
  let before = 0;
  for (const each of headings) {
    const level = Number(each.tagName[1]);
    if (level > before + 1) told(`h${level} after h${before}`, each);
    if (!each.textContent.trim()) told("an empty heading", each);
    before = level;
  }

  // names of what can be used, and of drawings
  for (const each of document.querySelectorAll("a[href], button, summary")) {
    if (!(each.getAttribute("aria-label") ?? each.textContent).trim()) told("nothing says what it does", each);
  }
  for (const each of document.querySelectorAll("input, select")) {
    if (!each.labels?.length) told("a field without a label", each);
  }
  for (const each of document.querySelectorAll("svg")) {
    const hidden = each.getAttribute("aria-hidden") === "true";
    if (!hidden && !each.querySelector("title")) told("a drawing without a title", each);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) told(`the id ${id} twice`);
  for (const each of document.querySelectorAll("[aria-labelledby]")) {
    for (const id of each.getAttribute("aria-labelledby").split(" ")) if (!ids.includes(id)) told(`no ${id}`, each);
  }
  for (const each of document.querySelectorAll('a[href^="#"]')) {
    if (!ids.includes(each.getAttribute("href").slice(1))) told("it leads nowhere", each);
  }

  // contrast, as it is shown
  const colour = (text) => {
    const found = text.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
    return [found[0], found[1], found[2], found[3] ?? 1];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const own = colour(getComputedStyle(e).backgroundColor);
      if (own[3] > 0) layers.push(own);
      if (own[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const check = (element, text, under) => {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = contrast(over(text, under), under);
    if (found < (large ? 3 : 4.5)) told(`contrast ${found.toFixed(2)}`, element);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || seen.has(element) || !element.checkVisibility()) continue;
    seen.add(element);
    if (element.closest("svg")) {
      if (!element.matches("text")) continue;
      const box = [...element.parentElement.querySelectorAll("rect")].at(-1);
      check(element, colour(getComputedStyle(element).fill), colour(getComputedStyle(box).fill));
    } else {
      check(element, colour(getComputedStyle(element).color), behind(element));
    }
  }
  for (const each of document.querySelectorAll("input")) {
    check(each, colour(getComputedStyle(each, "::placeholder").color), behind(each));
    const edge = contrast(colour(getComputedStyle(each).borderTopColor), behind(each.parentElement));
    if (edge < 3) told(`an edge of contrast ${edge.toFixed(2)}`, each);
  }
  return faults;
}
