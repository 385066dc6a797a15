// What may not stand in the page, whoever wrote it: each as a line. The body of a function.
const wrong = [];
const forbidden =
  "iframe, frame, object, embed, applet, base, portal, video, audio, form[action], noscript, template, frameset," +
  " body script, body link, body meta, map, area, marquee, svg script, svg use, svg image, svg a," +
  " svg foreignObject, svg animate, svg set, svg style, math annotation-xml, math maction," +
  " [style*='url('], [style*='expression'], [autofocus]";
for (const e of document.querySelectorAll(forbidden)) wrong.push(e.outerHTML.slice(0, 200));
const leading = "href xlink:href src srcset action formaction poster data background ping cite".split(" ");
const ours = /^(#|\/assets\/|\/fonts\/|blob:|data:image\/(png|jpeg|gif|webp);)/;
for (const e of document.querySelectorAll("body *"))
  for (const { name, value } of e.attributes)
    if (name.startsWith("on") || name === "srcdoc" || (leading.includes(name) && !ours.test(value)))
      wrong.push(`${name}="${value.slice(0, 120)}" of ${e.outerHTML.slice(0, 160)}`);
return wrong;
